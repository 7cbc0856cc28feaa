using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Wakes the controller of an owned object, by owner reference.</summary>
internal sealed class OwnedSource<TOwned>(WatchedObjects<TOwned> watched, bool anyOwner) : WatchSource
    where TOwned : class, IKubernetesObject<V1ObjectMeta>
{
    public override Attachment Attach(IInformers informers, IServiceProvider services, IReconcileTarget target) =>
        Attach(informers, watched, target, kind => new Handler(kind, anyOwner, target), isPrompt: true);

    private sealed class Handler(string kind, bool anyOwner, IReconcileTarget target) : IResourceHandler<TOwned>
    {
        public ValueTask HandleAsync(ResourceChange<TOwned> change, CancellationToken cancellationToken)
        {
            // The old owner too: it must notice that it has lost the object.
            var reason = new ReconcileReason(ReconcileTrigger.Owned, kind, change.Key);
            var isNews = !change.IsInitialList && !change.IsResync;
            Wake(change.Old, reason, isNews);
            Wake(change.Current, reason, isNews);
            return ValueTask.CompletedTask;
        }

        private void Wake(TOwned? owned, ReconcileReason reason, bool isNews)
        {
            foreach (var owner in owned?.Metadata.OwnerReferences ?? [])
            {
                if ((anyOwner || owner.Controller == true) && owner.Means(target.Resource))
                {
                    var ns = target.IsClusterScoped ? null : ObjectKey.Of(owned!).Namespace;
                    target.Trigger(new ObjectKey(ns, owner.Name), reason, isNews);
                }
            }
        }
    }
}
