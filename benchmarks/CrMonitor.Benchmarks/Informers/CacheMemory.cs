using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>Measures what is kept of a list, after a full collection. Nothing else may run meanwhile.</summary>
internal static class CacheMemory
{
    private const int Piece = 64 * 1024;

    /// <summary>The resource of <see cref="Pods"/>, its objects held as KubernetesClient's model.</summary>
    public static KubeResource<V1Pod> PodResource { get; } = new(SourceGenerationContext.Default.V1Pod);

    /// <summary>The bytes that an informer's store keeps.</summary>
    public static long OfStore<T>(KubeResource<T> resource, byte[] list, int count)
        where T : class, IKubernetesObject<V1ObjectMeta> => Of(() => Store(resource, list), store => store.Count, count);

    /// <summary>The bytes that KubernetesClient's own list keeps.</summary>
    public static long OfClient(byte[] list, int count) => Of(
        () =>
        {
            using var body = new MemoryStream(list);
            return KubernetesJson.Deserialize<V1PodList>(body);
        },
        pods => pods.Items.Count,
        count);

    private static long Of<T>(Func<T> read, Func<T, int> countOf, int count)
    {
        // What is made once in the life of a process (contracts, pools) is no part of it.
        read();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var kept = read();
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        return countOf(kept) == count ? bytes : throw new InvalidOperationException($"{countOf(kept)} of {count} objects were read.");
    }

    private static IndexedStore<T> Store<T>(KubeResource<T> resource, byte[] list)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var decoder = new ObjectDecoder<T>(resource, keepManagedFields: false);
        var store = new IndexedStore<T>(ObjectForm<T>.Of(resource, keepManagedFields: false), [null], static (_, _, e) => throw e);
        var replacement = store.BeginReplace(0);
        var parser = new ListParser(json =>
        {
            var decoded = decoder.Decode(json);
            replacement.Add(decoded.Key!.Value, decoded.Object ?? throw decoded.Error!, decoded.Bytes);
        });
        parser.FeedWhole(list, Piece);
        replacement.Commit(parser.ResourceVersion);
        return store;
    }
}
