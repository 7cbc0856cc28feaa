using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Wakes those objects that an index finds under the key of the changed one.</summary>
internal sealed class IndexedSource<TOther>(WatchedObjects<TOther> watched, string index) : WatchSource
    where TOther : class, IKubernetesObject<V1ObjectMeta>
{
    public override string Index => index;

    public override Attachment Attach(IInformers informers, IServiceProvider services, IReconcileTarget target) =>
        Attach(informers, watched, target, kind => new Handler(kind, index, target));

    private sealed class Handler(string kind, string index, IReconcileTarget target) : IResourceHandler<TOther>
    {
        public ValueTask HandleAsync(ResourceChange<TOther> change, CancellationToken cancellationToken)
        {
            // The index has the state of the reconciled objects: old and new state of the other one have the same key.
            var reason = new ReconcileReason(ReconcileTrigger.Watched, kind, change.Key);
            foreach (var key in target.ByIndex(index, change.Key.ToString()))
            {
                target.Trigger(key, reason, isNews: !change.IsInitialList && !change.IsResync);
            }

            return ValueTask.CompletedTask;
        }
    }
}
