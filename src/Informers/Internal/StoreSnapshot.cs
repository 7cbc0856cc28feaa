using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>One state of a store: objects, indexes and version that belong together. Never changed; replaced as a whole.</summary>
internal sealed class StoreSnapshot<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public static StoreSnapshot<T> Empty { get; } = new()
    {
        Objects = PersistentMap<StoredKey, StoredPlace<T>>.Empty,
        Namespaces = PersistentMap<Text, ObjectList<T, StoredItem<T>>>.Empty,
        Indexes = [],
        ResourceVersion = null,
        Bytes = 0,
    };

    public required PersistentMap<StoredKey, StoredPlace<T>> Objects { get; init; }

    /// <summary>The same objects by namespace; those of cluster scope stand under "".</summary>
    public required PersistentMap<Text, ObjectList<T, StoredItem<T>>> Namespaces { get; init; }

    public required StoreIndex<T>[] Indexes { get; init; }

    public required string? ResourceVersion { get; init; }

    /// <summary>The length of all objects as JSON.</summary>
    public required long Bytes { get; init; }

    public T? Get(ObjectKey key) => Objects.TryGet(new StoredKey(key), out var found) ? found.Object : null;
}
