namespace CrMonitor.WorkQueue;

/// <summary>What the shared instruments need of a queue.</summary>
internal interface IMeasuredQueue
{
    KeyValuePair<string, object?> NameTag { get; }

    bool HasFlows { get; }

    PriorityLabels PriorityLabels { get; }

    QueueState Observe();

    /// <summary>How many keys of each priority are ready; null in a queue whose order knows no priorities.</summary>
    IReadOnlyDictionary<int, int>? CountByPriority();
}
