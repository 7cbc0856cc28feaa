using CrMonitor.Benchmarks.Informers;

namespace CrMonitor.Informers.Tests;

/// <summary>Acceptance 13: what pods take in memory, against KubernetesClient's own list of them.</summary>
[Collection(nameof(CacheMemoryTests))]
public sealed class CacheMemoryTests
{
    private const int Count = 2_000;

    // Typed they are near 45 % of it, dynamic 28 %, metadata 3 %.
    [Fact]
    public void A_cache_of_pods_takes_half_the_memory_of_the_clients_list_at_most()
    {
        var list = Pods.List(Count, seed: 1);
        Assert.InRange(list.Length / Count, 6_000, 10_000);

        var client = CacheMemory.OfClient(list, Count);

        AssertPart(0.5, CacheMemory.OfStore(CacheMemory.PodResource, list, Count));
        AssertPart(0.4, CacheMemory.OfStore(DynamicObject.Of(CacheMemory.PodResource), list, Count));
        AssertPart(0.1, CacheMemory.OfStore(PartialObjectMetadata.Of(CacheMemory.PodResource), list, Count));

        void AssertPart(double most, long bytes) =>
            Assert.True(bytes <= most * client, $"{bytes / Count} B a pod, where the client's list has {client / Count} B");
    }
}
