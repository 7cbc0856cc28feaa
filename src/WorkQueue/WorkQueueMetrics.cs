namespace CrMonitor.WorkQueue;

/// <summary>The names that a listener needs to receive the measurements of queues that have a name.</summary>
public static class WorkQueueMetrics
{
    /// <summary>The meter of all queues.</summary>
    public const string MeterName = "CrMonitor.WorkQueue";
}
