namespace CrMonitor.WorkQueue;

/// <summary>The order in which a queue hands out its ready keys: <see cref="PriorityOrder{TKey}"/> or <see cref="FairOrder{TKey, TFlow}"/>.</summary>
/// <remarks>An order is a setting. It can be given to several queues; each keeps its own state.</remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public abstract class WorkQueueOrder<TKey> where TKey : notnull
{
    private protected WorkQueueOrder()
    {
    }

    internal abstract ReadyKeys<TKey> CreateReadyKeys(TimeProvider timeProvider);
}
