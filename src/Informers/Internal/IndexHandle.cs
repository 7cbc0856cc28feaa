using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Asks one index of a store, always its latest state.</summary>
/// <param name="store">The store.</param>
/// <param name="name">The index's name.</param>
/// <param name="position">Its place among the store's indexes, which never changes: indexes are only added.</param>
internal sealed class IndexHandle<T, TValue>(IndexedStore<T> store, string name, int position) : IObjectIndex<TValue, T>
    where T : class, IKubernetesObject<V1ObjectMeta>
    where TValue : notnull
{
    public string Name { get; } = name;

    public IReadOnlyList<T> Find(TValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return ((StoreIndex<T, TValue>)store.Snapshot.Indexes[position]).Find(value);
    }
}
