using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>A cold start: from the start of an informer until a handler has been told all ten thousand objects.</summary>
public class SyncBenchmarks : InformerBenchmark
{
    [Params(false, true)]
    public bool IsStream { get; set; }

    [IterationSetup]
    public void CreateInformer() => CreateInformer(IsStream);

    [Benchmark(OperationsPerInvoke = Count)]
    public Task Sync() => Informer.SyncAsync();
}
