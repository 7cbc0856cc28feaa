using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Asks one index of a store, always its latest state.</summary>
/// <param name="store">The store.</param>
/// <param name="name">The index's name.</param>
/// <param name="identity">Tells it from a later index of that name.</param>
/// <param name="position">Its place among the store's indexes; it moves up when an earlier one is taken out.</param>
internal sealed class IndexHandle<T, TValue>(IndexedStore<T> store, string name, object identity, int position) : IObjectIndex<TValue, T>
    where T : class, IKubernetesObject<V1ObjectMeta>
    where TValue : notnull
{
    public string Name { get; } = name;

    public IReadOnlyList<T> Find(TValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var indexes = store.Snapshot.Indexes;
        var index = position < indexes.Length && ReferenceEquals(indexes[position].Identity, identity)
            ? indexes[position]
            : Array.Find(indexes, candidate => ReferenceEquals(candidate.Identity, identity));
        return index is StoreIndex<T, TValue> found
            ? found.Find(value)
            : throw new ObjectDisposedException(Name, $"The index '{Name}' was removed, or went with its view.");
    }
}
