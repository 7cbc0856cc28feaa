namespace CrMonitor.ApiServer.Faults;

/// <summary>Which open watches the control surface is to drop or freeze.</summary>
internal sealed record WatchOrder
{
    public RequestMatch? Match { get; init; }
}
