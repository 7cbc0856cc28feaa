using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Http;

/// <summary>
/// A request that is answered with a <c>Status</c> of failure. Its texts are those of a Kubernetes API server, since clients depend on them.
/// </summary>
internal sealed class ApiException(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    /// <summary>The <c>details</c> of the <c>Status</c>: name, group, kind, causes, retryAfterSeconds.</summary>
    public JsonObject? Details { get; init; }

    /// <summary>The <c>metadata.continue</c> of the <c>Status</c>: how an expired list can be ended inconsistently.</summary>
    public string? Continue { get; init; }
}
