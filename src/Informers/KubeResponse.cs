using System.Net;

namespace CrMonitor.Informers;

/// <summary>What the server answered to a <see cref="KubeRequest"/>: always a success.</summary>
public sealed class KubeResponse
{
    /// <summary>The status code, from 200 to 299.</summary>
    public required HttpStatusCode StatusCode { get; init; }

    /// <summary>The whole body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The texts of the server's <c>Warning</c> headers, such as deprecations; empty if there are none.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
