using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>A million keys are added, then taken.</summary>
public class BatchBenchmarks : QueueBenchmark
{
    private const int Count = 1_000_000;

    protected override QueueSettings Settings => new(Workload.Batch, Order, 1, Count, HasMetrics, Priorities);

    [Benchmark(OperationsPerInvoke = Count)]
    public void Batch() => RunOnce();
}
