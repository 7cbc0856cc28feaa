using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Asks one index of a store, always its latest state.</summary>
/// <param name="store">The store.</param>
/// <param name="name">The index's name.</param>
/// <param name="position">Its place among the store's indexes; it moves up when an earlier one is taken out.</param>
internal sealed class IndexHandle<T, TValue>(IndexedStore<T> store, string name, int position) : IObjectIndex<TValue, T>
    where T : class, IKubernetesObject<V1ObjectMeta>
    where TValue : notnull
{
    public string Name { get; } = name;

    public IReadOnlyList<T> Find(TValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var indexes = store.Snapshot.Indexes;
        var index = position < indexes.Length && ReferenceEquals(indexes[position].Name, Name)
            ? indexes[position]
            : Array.Find(indexes, candidate => ReferenceEquals(candidate.Name, Name));
        return index is StoreIndex<T, TValue> found
            ? found.Find(value)
            : throw new ObjectDisposedException(Name, $"The index '{Name}' was taken out, by itself or with the view that had it.");
    }
}
