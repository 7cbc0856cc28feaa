using CrMonitor.Informers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>Decides which changes of the objects of one kind wake a controller.</summary>
internal sealed partial class ChangeFilter<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly IReconcileTarget _target;
    private readonly string _kind;
    private readonly Changed _changes;
    private readonly IReadOnlyList<Func<ResourceChange<T>, bool>> _filters;
    private readonly List<MemberChange<T>> _members = [];

    /// <param name="target">The controller.</param>
    /// <param name="resource">The resource of the objects.</param>
    /// <param name="changes">One of these flags is to apply to an update.</param>
    /// <param name="filters">All of them are to agree, to whatever change.</param>
    /// <exception cref="InvalidOperationException">A flag speaks of a member that objects of the type do not have.</exception>
    public ChangeFilter(
        IReconcileTarget target, KubeResource<T> resource, Changed changes, IReadOnlyList<Func<ResourceChange<T>, bool>> filters)
    {
        _target = target;
        _kind = resource.Kind;
        _changes = changes;
        _filters = filters;
        foreach (var (flag, member) in new[] { (Changed.Status, "status"), (Changed.Spec, "spec") })
        {
            if (changes.HasFlag(flag))
            {
                _members.Add(MemberChange<T>.Of(resource.Json, member) ?? throw new InvalidOperationException(
                    $"Controller {target.Name} is to run when the {member} of a {_kind} changes, and {typeof(T).Name} has no member '{member}'. "
                    + $"Use {nameof(Changed)}.{nameof(Changed.Anything)}, or a function."));
            }
        }
    }

    /// <summary>It takes no time and runs no code of users. Members are compared as JSON, which takes some.</summary>
    public bool IsPrompt => _filters.Count == 0 && _members.Count == 0;

    /// <summary>Nothing is kept out.</summary>
    public bool IsOpen => IsPrompt && _changes.HasFlag(Changed.Anything);

    /// <summary>The change is one that is asked for: all but an update between whose two states none of the flags applies.</summary>
    public bool IsAskedFor(ResourceChange<T> change) =>
        change.IsResync
        || change is not { Old: { } old, Current: { } current }
        || old.Metadata.Uid != current.Metadata.Uid
        || IsBetween(old, current);

    /// <summary>All functions agree to the change.</summary>
    public bool Passes(ResourceChange<T> change)
    {
        try
        {
            return _filters.All(filter => filter(change));
        }
        catch (Exception e)
        {
            // One run too many is harmless; one too few is not.
            LogFilterFailed(_target.Logger, e, _kind, change.Key);
            return true;
        }
    }

    // Members last: they cost more than all the rest.
    private bool IsBetween(T old, T current) =>
        Changes.Between(old.Metadata, current.Metadata, _changes)
        || (old.Metadata.ResourceVersion != current.Metadata.ResourceVersion && _members.Any(member => member.IsBetween(old, current)));

    [LoggerMessage(Level = LogLevel.Error, Message = "A filter of changes failed for {Kind} {Key}; the change starts a reconcile")]
    private static partial void LogFilterFailed(ILogger logger, Exception exception, string kind, ObjectKey key);
}
