using CrMonitor.Informers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>Wakes the controller for the changes of its own objects that it asked for.</summary>
internal sealed partial class PrimaryHandler<T>(
    IReconcileTarget target, Changed changes, IReadOnlyList<MemberChange<T>> members, Func<ResourceChange<T>, bool>? filter) : IResourceHandler<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>A call takes no time and runs no code of users. Members are compared as JSON, which takes some.</summary>
    public bool IsPrompt => filter is null && members.Count == 0;

    public ValueTask HandleAsync(ResourceChange<T> change, CancellationToken cancellationToken)
    {
        if (TriggerOf(change) is { } trigger && Passes(change))
        {
            target.Trigger(change.Key, new ReconcileReason(trigger), isNews: trigger is not (ReconcileTrigger.Listed or ReconcileTrigger.Resync));
        }

        return ValueTask.CompletedTask;
    }

    private ReconcileTrigger? TriggerOf(ResourceChange<T> change) => change switch
    {
        { Kind: ChangeKind.Deleted } => ReconcileTrigger.Deleted,
        { Kind: ChangeKind.Added, IsInitialList: true } => ReconcileTrigger.Listed,
        { IsResync: true } => ReconcileTrigger.Resync,
        { Old: { } old, Current: { } current } when old.Metadata.Uid == current.Metadata.Uid =>
            IsWanted(old, current) ? ReconcileTrigger.Updated : null,
        _ => ReconcileTrigger.Created,
    };

    // Members last: they cost more than all the rest.
    private bool IsWanted(T old, T current) =>
        Changes.Between(old.Metadata, current.Metadata, changes)
        || (old.Metadata.ResourceVersion != current.Metadata.ResourceVersion && members.Any(member => member.IsBetween(old, current)));

    private bool Passes(ResourceChange<T> change)
    {
        try
        {
            return filter is null || filter(change);
        }
        catch (Exception e)
        {
            // One run too many is harmless; one too few is not.
            LogFilterFailed(target.Logger, e, target.Resource.Kind, change.Key);
            return true;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The filter given to When failed for {Kind} {Key}; the change starts a reconcile")]
    private static partial void LogFilterFailed(ILogger logger, Exception exception, string kind, ObjectKey key);
}
