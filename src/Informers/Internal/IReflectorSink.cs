using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Takes what a reflector learns of the server's objects. Called by one reflector's loop, one call at a time.</summary>
internal interface IReflectorSink<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Transforms an object as the informer's owner wants it stored. If that fails, the result tells why, as for an object that cannot be decoded.</summary>
    DecodedObject<T> Prepare(DecodedObject<T> decoded);

    /// <summary>A new list begins; what is not committed is forgotten.</summary>
    IndexedStore<T>.Replacement BeginReplace();

    /// <summary>The list is complete.</summary>
    /// <param name="replacement">What it holds.</param>
    /// <param name="version">Its version.</param>
    /// <param name="invalid">The objects in it that could not be decoded.</param>
    void Replace(IndexedStore<T>.Replacement replacement, string version, IReadOnlyCollection<InvalidObject> invalid);

    /// <summary>An object was added or modified, or (<paramref name="current"/> is <see langword="null"/>) deleted.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="current">What it is now.</param>
    /// <param name="final">What a deleted object was at last; <see langword="null"/> if that is not known.</param>
    /// <param name="version">The version that the store has reached by this; <see langword="null"/> leaves it.</param>
    /// <param name="bytes">The length of <paramref name="current"/> as JSON.</param>
    void Apply(ObjectKey key, T? current, T? final, string? version, int bytes);

    /// <summary>An object was added or modified, and could not be decoded.</summary>
    /// <param name="invalid">The object; <see langword="null"/> if not even its key can be read.</param>
    /// <param name="version">The version that the store has reached by this; <see langword="null"/> leaves it.</param>
    void Invalid(InvalidObject? invalid, string? version);

    /// <summary>The server has come so far.</summary>
    void Bookmark(string version);

    /// <summary>The server does not know the kind any more, and so has no object of it.</summary>
    void KindGone();
}
