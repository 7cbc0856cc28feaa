namespace CrMonitor.Benchmarks.WorkQueues;

/// <param name="Workload">What is done.</param>
/// <param name="Order">With which queue.</param>
/// <param name="Workers">How many workers take keys, where the workload has several.</param>
/// <param name="Count">How many keys are added, by each producer.</param>
/// <param name="HasMetrics">Whether the queue is named and measured by OpenTelemetry.</param>
/// <param name="Priorities">How many priorities the keys have, in turn.</param>
public sealed record QueueSettings(Workload Workload, QueueOrder Order, int Workers, int Count, bool HasMetrics, int Priorities)
{
    public const int HotKeys = 1000;
    public const int HotProducers = 4;

    internal string[] CreateKeys() => Keys.Create(Workload == Workload.Hot ? HotKeys : Count);
}
