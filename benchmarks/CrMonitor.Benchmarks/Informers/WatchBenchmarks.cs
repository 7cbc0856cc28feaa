using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>An event of each of ten thousand objects: from the bytes through parser, decoder, store and mailbox to a handler.</summary>
public class WatchBenchmarks : InformerBenchmark
{
    [IterationSetup]
    public void CreateSyncedInformer()
    {
        CreateInformer(isStream: false);
        Informer.SyncAsync().GetAwaiter().GetResult();
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public Task Watch()
    {
        Server.Release();
        return Informer.FollowAsync();
    }
}
