namespace CrMonitor.Informers;

/// <summary>One call of the API, for <see cref="RestClient"/>.</summary>
public sealed class KubeRequest
{
    /// <summary>The content type of server-side apply.</summary>
    public const string ApplyPatch = "application/apply-patch+yaml";

    /// <summary>The content type of a JSON merge patch (RFC 7386).</summary>
    public const string MergePatch = "application/merge-patch+json";

    /// <summary>The content type of a JSON patch (RFC 6902).</summary>
    public const string JsonPatch = "application/json-patch+json";

    /// <summary>The content type of a strategic merge patch; built-in kinds only.</summary>
    public const string StrategicMergePatch = "application/strategic-merge-patch+json";

    /// <summary>The HTTP method.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>The path with its query, from the server's root: <c>/apis/apps/v1/namespaces/default/deployments?limit=1</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The body; empty for none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What the body is; <c>application/json</c> unless said otherwise.</summary>
    public string? ContentType { get; init; }

    /// <summary>What the answer is to be; <c>application/json</c> unless said otherwise.</summary>
    public string? Accept { get; init; }

    /// <summary>Sending it twice leaves the server as sending it once: GET, HEAD, PUT, DELETE, and server-side apply.</summary>
    internal bool IsIdempotent =>
        Method == HttpMethod.Get || Method == HttpMethod.Head || Method == HttpMethod.Put || Method == HttpMethod.Delete
        || (Method == HttpMethod.Patch && ContentType is { } type && type.StartsWith("application/apply-patch+", StringComparison.Ordinal));

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";
}
