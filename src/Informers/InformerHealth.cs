namespace CrMonitor.Informers;

/// <summary>A snapshot of an informer's connection to its server.</summary>
/// <remarks>Of an informer of several namespaces it is the worst of them.</remarks>
public sealed record InformerHealth
{
    /// <summary>The cache has held one complete list.</summary>
    public required bool HasSynced { get; init; }

    /// <summary>A watch is open. It is closed by the client itself if the server does not close it in time.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>The time since the last part of a list, event, bookmark or opened watch; <see langword="null"/> if there has not been one.</summary>
    public required TimeSpan? SinceLastProofOfLife { get; init; }

    /// <summary>
    /// The informer has neither heard anything nor failed for longer than that is possible: code that it runs (an index function, a transform, a
    /// handler that is called synchronously) does not return. Without a restart of the process the cache stays as it is.
    /// </summary>
    /// <value>By default from 11 and three quarter minutes on: twice <see cref="SharedInformerFactoryOptions.MinWatchTimeout"/>, and the deadlines of a request.</value>
    public required bool IsStalled { get; init; }

    /// <summary>Failures since the last success: a list page, an event, a bookmark, or a watch open for a second.</summary>
    public required int ConsecutiveFailures { get; init; }

    /// <summary>What went wrong last, with its reason code; <see langword="null"/> while all is well.</summary>
    public required ReflectorFailure? LastFailure { get; init; }

    /// <summary>
    /// How many objects the server has whose latest state cannot be decoded. The cache shows their last readable state, if there was one.
    /// </summary>
    public required int InvalidObjects { get; init; }
}
