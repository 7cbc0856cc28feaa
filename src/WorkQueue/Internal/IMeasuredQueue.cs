namespace CrMonitor.WorkQueue;

/// <summary>What the shared instruments need of a queue.</summary>
internal interface IMeasuredQueue
{
    KeyValuePair<string, object?> NameTag { get; }

    QueueState Observe();
}
