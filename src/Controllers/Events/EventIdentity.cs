namespace CrMonitor.Controllers;

/// <summary>What two events have in common that are counted as one.</summary>
internal sealed record EventIdentity(
    string ApiVersion,
    string Kind,
    string? Namespace,
    string Name,
    string? Uid,
    EventType Type,
    string Reason,
    string Action,
    string Note)
{
    /// <summary>Where the event is kept: that of the object, or of a cluster-scoped object <c>default</c>.</summary>
    public string EventNamespace => Namespace ?? "default";
}
