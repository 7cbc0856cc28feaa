using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>What a view shows for one stored object. It is read once, by whoever comes first; from then on it does not change.</summary>
/// <param name="last">What the view has shown under its key before; <see langword="null"/>: nothing.</param>
internal sealed class ViewedObject<T>(T? last)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private object? _read;   // the object, or the InvalidObject that it is; null until it is read
    private T? _last = last;

    public bool IsRead => Volatile.Read(ref _read) is not null;

    /// <summary>The object; <see langword="null"/> if it has not been read, or cannot be.</summary>
    public T? Object => Volatile.Read(ref _read) as T;

    /// <summary>Why it cannot be read.</summary>
    public InvalidObject? Invalid => Volatile.Read(ref _read) as InvalidObject;

    /// <summary>The object; in place of one that cannot be read the last state that was, as in an informer's cache.</summary>
    public T? Shown
    {
        get
        {
            // In this order: when the last state is let go, the object is there.
            var earlier = Volatile.Read(ref _last);
            return Object ?? earlier;
        }
    }

    /// <summary>It was read.</summary>
    public void Become(T read)
    {
        Interlocked.CompareExchange(ref _read, read, null);
        Volatile.Write(ref _last, null);
    }

    /// <summary>It cannot be read.</summary>
    /// <returns><see langword="false"/> if somebody else has found that before.</returns>
    public bool Become(InvalidObject invalid) => Interlocked.CompareExchange(ref _read, invalid, null) is null;
}
