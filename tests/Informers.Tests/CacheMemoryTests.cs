using CrMonitor.Benchmarks.Informers;

namespace CrMonitor.Informers.Tests;

/// <summary>What caches take in memory, and give back.</summary>
[Collection(nameof(CacheMemoryTests))]
public sealed class CacheMemoryTests
{
    private const int Count = 2_000;

    // Acceptance 13. Typed they are near 45 % of it, dynamic 28 %, metadata 3 %.
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

    // Reference: case 72.
    [Fact]
    public void A_million_values_of_an_index_that_are_no_longer_used_leave_nothing_behind()
    {
        var store = new IndexedStore<Widget>(
            ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), [null], (index, key, e) => Assert.Fail($"{index} {key}: {e.Message}"));
        store.AddIndex<string>("size", widget => [$"{widget.Spec!.Size}"]);
        var baseline = 0L;
        for (var i = 0; i < 1_000_000; i++)
        {
            var widget = StoreTests.NewWidget($"ns{i % 7}", "a", i);
            widget.Metadata.ResourceVersion = $"{i + 1}";
            store.Write(0, ObjectKey.Of(widget), widget, widget.Metadata.ResourceVersion);
            if (i == 1_000)
            {
                baseline = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - baseline, long.MinValue, 1_000_000);
        Assert.Equal(7, store.Count);
    }
}
