using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>Reads JSON whose form was not checked yet: what is not there, or is of another type, is <see langword="null"/>.</summary>
internal static class JsonAccess
{
    /// <summary>A field of an object.</summary>
    public static JsonNode? Get(this JsonNode? node, string field) => node is JsonObject obj ? obj[field] : null;

    public static string? Text(this JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    public static bool IsTrue(this JsonNode? node) => node?.GetValueKind() == JsonValueKind.True;

    public static long? Integer(this JsonNode? node) => JsonNumber.From(node) is { IsInteger: true } number ? number.Integer : null;

    /// <summary>The elements of an array; none where the node is no array.</summary>
    public static IReadOnlyList<JsonNode?> Elements(this JsonNode? node) => node is JsonArray array ? [.. array] : [];
}
