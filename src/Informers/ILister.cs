using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Reads an informer's cache. No call talks to the server, blocks or takes a lock; each is answered from one consistent snapshot.</summary>
/// <remarks>The objects are shared by all readers and must not be changed. May be called from any thread.</remarks>
public interface ILister<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The number of cached objects.</summary>
    int Count { get; }

    /// <summary>The server's version that the cache has reached; <see langword="null"/> before the first list. Never ahead of the objects.</summary>
    string? ResourceVersion { get; }

    /// <summary>The object of this key, or <see langword="null"/>.</summary>
    T? Get(ObjectKey key);

    /// <summary>The objects of one namespace that satisfy all conditions, in no particular order.</summary>
    /// <param name="ns">The namespace; <see langword="null"/> for all of them.</param>
    /// <param name="selector">Which labels they have. Objects without them are passed over without a look at the object.</param>
    /// <param name="predicate">
    /// What is asked of their fields. It sees only objects that the selector matches; what it throws reaches the caller.
    /// </param>
    IReadOnlyList<T> List(string? ns = null, LabelSelector? selector = null, Func<T, bool>? predicate = null);

    /// <summary>The objects for which the index function named <paramref name="index"/> returned <paramref name="value"/>.</summary>
    /// <exception cref="ArgumentException">The informer has no index of that name, or one whose values are no strings.</exception>
    IReadOnlyList<T> ByIndex(string index, string value);
}
