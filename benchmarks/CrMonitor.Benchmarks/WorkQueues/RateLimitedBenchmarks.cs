using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>The first retry of a million keys.</summary>
public class RateLimitedBenchmarks : QueueBenchmark
{
    private const int Count = 1_000_000;

    public override IEnumerable<QueueOrder> Orders => [QueueOrder.Fifo, QueueOrder.Priority, QueueOrder.Fair];

    protected override QueueSettings Settings => new(Workload.RateLimited, Order, 1, Count, HasMetrics, Priorities);

    [Benchmark(OperationsPerInvoke = Count)]
    public void RateLimited() => RunOnce();
}
