namespace CrMonitor.ApiServer.Verbs;

/// <summary>The conditions and the way of a deletion.</summary>
internal sealed class DeletionOptions
{
    /// <summary>The object must have this uid.</summary>
    public string? Uid { get; init; }

    /// <summary>The object must have this version.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary><c>Background</c>, <c>Foreground</c> or <c>Orphan</c>; <see langword="null"/> keeps what the object's finalizers say.</summary>
    public string? PropagationPolicy { get; init; }

    /// <summary>
    /// Whether an object that stays for its finalizers is answered with 202, as clients of old expect who ask for background deletion.
    /// </summary>
    public bool IsAccepted { get; init; }

    public bool IsDryRun { get; init; }
}
