using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>Keys with random deadlines within a second. A run takes one second at least, whatever the queue does.</summary>
public class DelayedBenchmarks : QueueBenchmark
{
    [Params(100_000, 1_000_000)]
    public int Count { get; set; }

    public override IEnumerable<QueueOrder> Orders => [QueueOrder.Fifo, QueueOrder.Priority, QueueOrder.Fair];

    protected override QueueSettings Settings => new(Workload.Delayed, Order, 1, Count, HasMetrics, Priorities);

    [Benchmark]
    public void Delayed() => RunOnce();
}
