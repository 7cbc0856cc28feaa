namespace CrMonitor.ApiServer.Faults;

/// <summary>A restart as the control surface is asked for one.</summary>
internal sealed record RestartOrder
{
    public bool KeepsData { get; init; } = true;

    /// <summary>How long after the answer the server goes.</summary>
    public int AfterMilliseconds { get; init; } = 100;

    /// <summary>How long it stays away.</summary>
    public int AwayMilliseconds { get; init; }
}
