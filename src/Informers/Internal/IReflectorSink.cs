using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Takes what a reflector learns of the server's objects. Called by one reflector's loop, one call at a time.</summary>
internal interface IReflectorSink<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Transforms an object as the informer's owner wants it stored. If that fails, the result tells why, as for an object that cannot be decoded.</summary>
    DecodedObject<T> Prepare(DecodedObject<T> decoded);

    /// <summary>
    /// What the store holds already, as the answer of a write, of an object that an event shows in the very same version: it need not be decoded
    /// again.
    /// </summary>
    /// <returns><see langword="null"/> if it holds nothing of that kind.</returns>
    T? HeldAnswer(in ObjectHeader shown);

    /// <summary>A new list begins; what is not committed is forgotten.</summary>
    IndexedStore<T>.Replacement BeginReplace();

    /// <summary>The list is complete.</summary>
    /// <param name="replacement">What it holds.</param>
    /// <param name="version">Its version.</param>
    /// <param name="invalid">The objects in it that could not be decoded.</param>
    void Replace(IndexedStore<T>.Replacement replacement, string version, IReadOnlyCollection<InvalidObject> invalid);

    /// <summary>Objects were added, modified or deleted, in this order. A key may occur more than once.</summary>
    void Apply(ReadOnlySpan<WatchedChange<T>> changes);

    /// <summary>An object was added or modified, and could not be decoded.</summary>
    /// <param name="invalid">The object; <see langword="null"/> if not even its key can be read.</param>
    /// <param name="version">The version that the store has reached by this; <see langword="null"/> leaves it.</param>
    void Invalid(InvalidObject? invalid, string? version);

    /// <summary>The server has come so far.</summary>
    void Bookmark(string version);

    /// <summary>The server does not know the kind any more, and so has no object of it.</summary>
    void KindGone();
}
