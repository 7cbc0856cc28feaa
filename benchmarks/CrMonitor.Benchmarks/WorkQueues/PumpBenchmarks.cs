using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>A million distinct keys from one producer to its workers.</summary>
public class PumpBenchmarks : QueueBenchmark
{
    private const int Count = 1_000_000;

    [Params(1, 4, 16)]
    public int Workers { get; set; }

    protected override QueueSettings Settings => new(Workload.Pump, Order, Workers, Count, HasMetrics, Priorities);

    [Benchmark(OperationsPerInvoke = Count)]
    public void Pump() => RunOnce();
}
