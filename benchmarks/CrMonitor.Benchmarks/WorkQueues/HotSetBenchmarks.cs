using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>Four producers, each with a million additions of a thousand keys, and four workers.</summary>
public class HotSetBenchmarks : QueueBenchmark
{
    private const int Count = 1_000_000;

    protected override QueueSettings Settings => new(Workload.Hot, Order, 4, Count, HasMetrics, Priorities);

    [Benchmark(OperationsPerInvoke = Count * QueueSettings.HotProducers)]
    public void Hot() => RunOnce();
}
