namespace CrMonitor.Controllers;

/// <summary>When and how a status is written.</summary>
public sealed class StatusPatchOptions
{
    /// <summary>
    /// Fields of the status, as JSON names them, that are no reason to write: they are written with others, never for their own sake. Such as <c>lastUpdated</c>.
    /// </summary>
    public IReadOnlyCollection<string> IgnoredFields { get; init; } = [];

    /// <summary>Write only if the object is still the version that the status was computed for; else the server answers with a conflict.</summary>
    /// <value>
    /// <see langword="true"/> by default: lists such as conditions are written whole, and without it another writer's condition could be lost.
    /// </value>
    public bool OnlyThisVersion { get; init; } = true;
}
