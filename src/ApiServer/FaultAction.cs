namespace CrMonitor.ApiServer;

/// <summary>What a fault does to a request.</summary>
internal abstract record FaultAction
{
    /// <summary>Answers with a failure instead of serving the request.</summary>
    public sealed record Respond(int Code, string Reason, string Message, TimeSpan? RetryAfter) : FaultAction;

    /// <summary>Serves the request later.</summary>
    public sealed record Delay(TimeSpan Time) : FaultAction;

    /// <summary>Closes the connection instead of answering.</summary>
    public sealed record Disconnect : FaultAction;
}
