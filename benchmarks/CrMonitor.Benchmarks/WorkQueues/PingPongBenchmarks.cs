using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>Add, take and done of one key at a time.</summary>
public class PingPongBenchmarks : QueueBenchmark
{
    private const int Count = 1_000_000;

    protected override QueueSettings Settings => new(Workload.PingPong, Order, 1, Count, HasMetrics, Priorities);

    [Benchmark(OperationsPerInvoke = Count)]
    public void PingPong() => RunOnce();
}
