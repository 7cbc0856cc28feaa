using System.Text.Json.Nodes;

namespace CrMonitor.Controllers;

/// <summary>A patch and its format.</summary>
public sealed class KubePatch
{
    private KubePatch(string contentType, ReadOnlyMemory<byte> body)
    {
        ContentType = contentType;
        Body = body;
    }

    /// <summary>The media type that names the format.</summary>
    public string ContentType { get; }

    /// <summary>The patch as UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>A JSON merge patch (RFC 7396): members replace members, null takes away, lists are replaced whole.</summary>
    public static KubePatch Merge(ReadOnlyMemory<byte> body) => new("application/merge-patch+json", body);

    /// <inheritdoc cref="Merge(ReadOnlyMemory{byte})"/>
    public static KubePatch Merge(JsonObject patch) => Merge(JsonBytes.Of(patch));

    /// <summary>A JSON patch (RFC 6902): a list of operations, of which <c>test</c> guards the others.</summary>
    public static KubePatch Json(ReadOnlyMemory<byte> body) => new("application/json-patch+json", body);

    /// <inheritdoc cref="Json(ReadOnlyMemory{byte})"/>
    public static KubePatch Json(JsonArray operations) => Json(JsonBytes.Of(operations));
}
