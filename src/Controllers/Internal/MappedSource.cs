using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Wakes those objects to which a function relates the changed one.</summary>
internal sealed class MappedSource<TOther>(
    WatchedObjects<TOther> watched, Func<TOther, IServiceProvider, IEnumerable<ObjectKey>> map) : WatchSource
    where TOther : class, IKubernetesObject<V1ObjectMeta>
{
    public override Attachment Attach(IInformers informers, IServiceProvider services, IReconcileTarget target) =>
        Attach(informers, watched, target, kind => new Handler(kind, map, services, target));

    private sealed class Handler(
        string kind,
        Func<TOther, IServiceProvider, IEnumerable<ObjectKey>> map,
        IServiceProvider services,
        IReconcileTarget target) : IResourceHandler<TOther>
    {
        public ValueTask HandleAsync(ResourceChange<TOther> change, CancellationToken cancellationToken)
        {
            // Both states, and each whatever becomes of the other: a map that fails for the old state must not hide the new one.
            var reason = new ReconcileReason(ReconcileTrigger.Watched, kind, change.Key);
            var isNews = !change.IsInitialList && !change.IsResync;
            try
            {
                Wake(change.Old, reason, isNews);
            }
            finally
            {
                Wake(change.Current, reason, isNews);
            }

            return ValueTask.CompletedTask;
        }

        private void Wake(TOther? other, ReconcileReason reason, bool isNews)
        {
            if (other is null)
            {
                return;
            }

            foreach (var key in map(other, services))
            {
                target.Trigger(key, reason, isNews);
            }
        }
    }
}
