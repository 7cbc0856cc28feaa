namespace CrMonitor.WorkQueue;

/// <summary>Which deadline counts when a key that waits for one is given another.</summary>
public enum WaitingRule
{
    /// <summary>The earlier of the two.</summary>
    EarlierDeadline,

    /// <summary>The new one, also if it is later.</summary>
    NewDeadline,
}
