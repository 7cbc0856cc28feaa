using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Wakes the controller of an owned object, by owner reference.</summary>
internal sealed class OwnedSource<TOwned> : WatchSource
    where TOwned : class, IKubernetesObject<V1ObjectMeta>
{
    public override HandlerRegistration Attach(IInformers informers, IServiceProvider services, IReconcileTarget target)
    {
        var informer = informers.Get<TOwned>();
        return informer.AddHandler(new Handler(informer.Resource.Kind, target));
    }

    private sealed class Handler(string kind, IReconcileTarget target) : IResourceHandler<TOwned>
    {
        public ValueTask HandleAsync(ResourceChange<TOwned> change, CancellationToken cancellationToken)
        {
            // The old owner too: it must notice that it has lost the object.
            var reason = new ReconcileReason(ReconcileTrigger.Owned, kind, change.Key);
            Wake(change.Old, reason);
            Wake(change.Current, reason);
            return ValueTask.CompletedTask;
        }

        private void Wake(TOwned? owned, ReconcileReason reason)
        {
            if (owned is not null && OwnerReferences.ControllerOf(owned) is { } owner && owner.Means(target.Resource))
            {
                var ns = target.IsClusterScoped ? null : ObjectKey.Of(owned).Namespace;
                target.Trigger(new ObjectKey(ns, owner.Name), reason);
            }
        }
    }
}
