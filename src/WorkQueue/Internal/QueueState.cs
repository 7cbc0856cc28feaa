namespace CrMonitor.WorkQueue;

/// <summary>The figures of one queue at one instant.</summary>
internal readonly record struct QueueState(
    long Ready,
    long Adds,
    long Retries,
    long Refused,
    double UnfinishedWorkSeconds,
    double LongestRunningSeconds,
    double OldestReadySeconds,
    long Flows);
