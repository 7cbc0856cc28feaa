using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Tells a view's handler what it would be told by an informer of its own.</summary>
/// <param name="reader">Reads the objects.</param>
/// <param name="handler">Who is told. Its calls come one at a time.</param>
internal sealed class ViewHandler<TStored, T>(ViewReader<TStored, T> reader, IResourceHandler<T> handler)
    : IResourceHandler<TStored>, IViewHandler
    where TStored : class, IKubernetesObject<V1ObjectMeta>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    // What the handler was told last. Where every object can be read, the change itself says it.
    private readonly Dictionary<ObjectKey, T>? _told = reader.MayFail ? [] : null;

    public Type HandlerType => handler.GetType();

    public ValueTask HandleAsync(ResourceChange<TStored> change, CancellationToken cancellationToken)
    {
        var told = _told is not null ? _told.GetValueOrDefault(change.Key) : change.Old is { } old ? reader.Read(old) : null;
        var next = change.Current is { } current ? Next(change, told, reader.Look(current)) : End(change, told);
        return next is null ? ValueTask.CompletedTask : handler.HandleAsync(next, cancellationToken);
    }

    private ResourceChange<T>? Next(ResourceChange<TStored> change, T? told, ViewedObject<T> seen)
    {
        // A state that cannot be read is none: the one before goes on, if it is that of this object.
        var current = seen.Object ?? told ?? (seen.Shown?.Metadata.Uid == seen.Invalid?.Uid ? seen.Shown : null);
        var isSame = ReferenceEquals(current, told);
        if (current is null || (isSame && !change.IsResync))
        {
            return null;
        }

        _told?[change.Key] = current;
        return told is null
            ? new ResourceChange<T>(ChangeKind.Added, change.Key, null, current) { IsInitialList = change.IsInitialList }
            : new ResourceChange<T>(ChangeKind.Updated, change.Key, told, current) { IsResync = isSame };
    }

    private ResourceChange<T>? End(ResourceChange<TStored> change, T? told)
    {
        _told?.Remove(change.Key);
        if (told is null)
        {
            return null;
        }

        // The last state may be one that cannot be read, or that of another object, of which the handler never knew.
        var last = reader.Look(change.Old!).Object is { } read && read.Metadata.Uid == told.Metadata.Uid ? read : null;
        return new ResourceChange<T>(ChangeKind.Deleted, change.Key, last ?? told, null)
        {
            IsFinalStateUnknown = change.IsFinalStateUnknown || last is null,
        };
    }
}
