namespace CrMonitor.WorkQueue;

/// <summary>How a drain ended.</summary>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class DrainReport<TKey> where TKey : notnull
{
    internal DrainReport(WorkQueueSnapshot<TKey> left, TimeSpan elapsed)
    {
        Left = left;
        Elapsed = elapsed;
    }

    /// <summary>Whether all ready and processing keys were worked on. Waiting keys do not count: their deadlines may be hours away.</summary>
    public bool IsComplete => Left.Ready.Count == 0 && Left.Processing.Count == 0;

    /// <summary>What was left when the drain ended, the waiting keys included.</summary>
    public WorkQueueSnapshot<TKey> Left { get; }

    /// <summary>How long the drain took.</summary>
    public TimeSpan Elapsed { get; }
}
