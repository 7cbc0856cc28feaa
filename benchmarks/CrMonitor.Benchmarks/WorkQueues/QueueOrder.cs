namespace CrMonitor.Benchmarks.WorkQueues;

public enum QueueOrder
{
    /// <summary>No work queue but an unbounded channel: the floor, without deduplication.</summary>
    Channel,
    Fifo,
    Priority,
    Fair,
}
