namespace CrMonitor.Informers;

/// <summary>A snapshot of an informer's connection to its server.</summary>
public sealed record InformerHealth
{
    /// <summary>The cache has held one complete list.</summary>
    public required bool HasSynced { get; init; }

    /// <summary>A watch is open and its server has given signs of life lately.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>The time since the last list page, event or bookmark; <see langword="null"/> if there has not been one.</summary>
    public required TimeSpan? SinceLastProofOfLife { get; init; }

    /// <summary>Failures since the last success.</summary>
    public required int ConsecutiveFailures { get; init; }

    /// <summary>What went wrong last, with its reason code; <see langword="null"/> while all is well.</summary>
    public required ReflectorFailure? LastFailure { get; init; }
}
