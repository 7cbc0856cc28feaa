using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>One state of a store: objects, indexes and version that belong together. Never changed; replaced as a whole.</summary>
internal sealed class StoreSnapshot<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public static StoreSnapshot<T> Empty { get; } = new()
    {
        Namespaces = PersistentMap<Text, PersistentMap<Text, T>>.Empty,
        Indexes = [],
        Count = 0,
        ResourceVersion = null,
    };

    // Namespace, then name; cluster-scoped objects stand under "". So a namespace is listed without an index, and names are short keys.
    public required PersistentMap<Text, PersistentMap<Text, T>> Namespaces { get; init; }

    public required StoreIndex<T>[] Indexes { get; init; }

    public required int Count { get; init; }

    public required string? ResourceVersion { get; init; }

    public T? Get(ObjectKey key) =>
        Namespaces.TryGet(new Text(key.Namespace ?? ""), out var names) && names.TryGet(new Text(key.Name), out var found) ? found : null;
}
