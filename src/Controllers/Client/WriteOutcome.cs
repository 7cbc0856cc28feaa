namespace CrMonitor.Controllers;

/// <summary>What a write that depends on what there is has come to.</summary>
public enum WriteOutcome
{
    /// <summary>The object was as it is to be.</summary>
    Unchanged,

    /// <summary>There was no such object.</summary>
    Created,

    /// <summary>What differed was written.</summary>
    Updated,
}
