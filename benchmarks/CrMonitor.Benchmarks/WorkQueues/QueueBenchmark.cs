using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>
/// What the benchmarks of the work queue share: each iteration runs one workload once, on a queue of its own that was made before. The baseline is a
/// channel, which does not know which keys it holds: the floor.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, warmupCount: 3, iterationCount: 10, invocationCount: 1)]
public abstract class QueueBenchmark
{
    private string[] _keys = [];
    private QueueRun? _run;

    [ParamsSource(nameof(Orders))]
    public QueueOrder Order { get; set; }

    [Params(false, true)]
    public bool HasMetrics { get; set; }

    public virtual IEnumerable<QueueOrder> Orders => [QueueOrder.Channel, QueueOrder.Fifo, QueueOrder.Priority, QueueOrder.Fair];

    protected abstract QueueSettings Settings { get; }

    protected int Priorities => Order == QueueOrder.Priority ? 3 : 1;

    [GlobalSetup]
    public void CreateKeys() => _keys = Settings.CreateKeys();

    [IterationSetup]
    public void CreateQueue() => _run = new QueueRun(Settings, _keys);

    [IterationCleanup]
    public void DisposeQueue() => _run?.Dispose();

    protected void RunOnce() => _run!.Run();
}
