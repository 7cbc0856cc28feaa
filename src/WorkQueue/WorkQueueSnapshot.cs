namespace CrMonitor.WorkQueue;

/// <summary>What a queue held at one instant.</summary>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class WorkQueueSnapshot<TKey> where TKey : notnull
{
    internal WorkQueueSnapshot(
        IReadOnlyList<TKey> ready,
        IReadOnlyList<WaitingKey<TKey>> waiting,
        IReadOnlyList<ProcessingKey<TKey>> processing,
        bool isShutDown)
    {
        Ready = ready;
        Waiting = waiting;
        Processing = processing;
        IsShutDown = isShutDown;
    }

    /// <summary>The keys that can be taken, in the order in which they will be handed out.</summary>
    public IReadOnlyList<TKey> Ready { get; }

    /// <summary>
    /// The keys that wait for a deadline, the earliest first. A key can be waiting and processing at once. After a shutdown: the keys whose
    /// deadline came too late.
    /// </summary>
    public IReadOnlyList<WaitingKey<TKey>> Waiting { get; }

    /// <summary>The keys that are with a worker, the longest first.</summary>
    public IReadOnlyList<ProcessingKey<TKey>> Processing { get; }

    /// <summary>Whether the queue was shut down.</summary>
    public bool IsShutDown { get; }
}
