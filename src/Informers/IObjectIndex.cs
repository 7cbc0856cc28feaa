using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Finds the cached objects that have a value: one look-up, however many objects there are.</summary>
/// <remarks>
/// Each answer is one consistent state of the cache. No call takes a lock; may be called from any thread. The objects must not be changed.
/// </remarks>
/// <typeparam name="TValue">What objects are found by.</typeparam>
/// <typeparam name="T">The objects.</typeparam>
public interface IObjectIndex<TValue, T>
    where TValue : notnull
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The name that the index was given.</summary>
    string Name { get; }

    /// <summary>The objects that have <paramref name="value"/>, in no particular order; none if there are none.</summary>
    IReadOnlyList<T> Find(TValue value);
}
