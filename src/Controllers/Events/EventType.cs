namespace CrMonitor.Controllers;

/// <summary>Whether an event tells of good or of bad.</summary>
public enum EventType
{
    /// <summary>Something happened as it should.</summary>
    Normal,

    /// <summary>Something needs somebody's attention.</summary>
    Warning,
}
