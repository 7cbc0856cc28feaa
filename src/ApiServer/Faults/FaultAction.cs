namespace CrMonitor.ApiServer;

/// <summary>What a fault does to a request.</summary>
internal abstract record FaultAction
{
    /// <summary>Answers with a failure instead of serving the request.</summary>
    public sealed record Respond(int Code, string Reason, string Message, TimeSpan? RetryAfter) : FaultAction;

    /// <summary>Serves the request later.</summary>
    public sealed record Delay(TimeSpan Time) : FaultAction;

    /// <summary>
    /// Serves the request, and closes the connection after so many bytes of the answer's body; at once if <paramref name="AfterBytes"/> is 0.
    /// </summary>
    public sealed record Disconnect(long AfterBytes) : FaultAction;

    /// <summary>Serves the request, and sends nothing after so many bytes of the answer's body, while the connection stays open.</summary>
    public sealed record Freeze(long AfterBytes) : FaultAction;

    /// <summary>Serves the request, and ends the answer in good order in the middle of an object, after so many whole ones.</summary>
    public sealed record Cut(int AfterObjects) : FaultAction;
}
