using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>One step in an object's life, as told to one handler.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Key">Whose life it is.</param>
/// <param name="Old">
/// The object that this handler was told before; of a deleted object its last state. <see langword="null"/> for <see cref="ChangeKind.Added"/>.
/// </param>
/// <param name="Current">The object as it is now; <see langword="null"/> for <see cref="ChangeKind.Deleted"/>.</param>
/// <remarks>
/// A handler sees levels, not edges: changes that come faster than it works are merged by key, so that intermediate states may be missing, but the
/// last
/// one never is. Objects are shared with the cache and must not be changed.
/// An object that was deleted and created again while nobody was looking is an <see cref="ChangeKind.Updated"/> whose two uids differ, unless the
/// handler
/// asked for <see cref="HandlerOptions.SplitRecreations"/>.
/// </remarks>
public sealed record ResourceChange<T>(ChangeKind Kind, ObjectKey Key, T? Old, T? Current)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The object stood in the first list, or in the replay for a handler that came later; it is not news.</summary>
    public bool IsInitialList { get; init; }

    /// <summary>
    /// The deletion was found by comparing lists: <see cref="Old"/> is the last state known here, not necessarily the object's last.
    /// </summary>
    public bool IsFinalStateUnknown { get; init; }

    /// <summary>
    /// Nothing has changed; the handler asked to be told again from time to time (<see cref="HandlerOptions.ResyncPeriod"/>).
    /// <see cref="Old"/> and <see cref="Current"/> are one instance, as the cache has it.
    /// </summary>
    public bool IsResync { get; init; }

    /// <summary>The current object, or the last known one of a deleted object.</summary>
    public T Object => Current ?? Old ?? throw new InvalidOperationException($"The change of {Key} carries no object.");
}
