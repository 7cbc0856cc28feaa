using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Wakes the controller for the changes of its own objects that it asked for.</summary>
internal sealed class PrimaryHandler<T>(IReconcileTarget target, ChangeFilter<T> filter) : IResourceHandler<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public ValueTask HandleAsync(ResourceChange<T> change, CancellationToken cancellationToken)
    {
        if (filter.IsAskedFor(change) && filter.Passes(change))
        {
            var trigger = TriggerOf(change);
            target.Trigger(change.Key, new ReconcileReason(trigger), isNews: trigger is not (ReconcileTrigger.Listed or ReconcileTrigger.Resync));
        }

        return ValueTask.CompletedTask;
    }

    private static ReconcileTrigger TriggerOf(ResourceChange<T> change) => change switch
    {
        { Kind: ChangeKind.Deleted } => ReconcileTrigger.Deleted,
        { Kind: ChangeKind.Added, IsInitialList: true } => ReconcileTrigger.Listed,
        { IsResync: true } => ReconcileTrigger.Resync,
        { Old: { } old, Current: { } current } when old.Metadata.Uid == current.Metadata.Uid => ReconcileTrigger.Updated,
        _ => ReconcileTrigger.Created,
    };
}
