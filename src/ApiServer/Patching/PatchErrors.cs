using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer.Patching;

/// <summary>The answers to patches that cannot be applied, as Kubernetes words them. It decodes with Go, whose type names show.</summary>
internal static class PatchErrors
{
    private const string ObjectHeader =
        "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiException CannotDecode(JsonNode? node, string goType) =>
        BadRequest($"error decoding patch: json: cannot unmarshal {GoKind(node)} into Go {goType}");

    public static ApiException Internal(string message) => new(500, "", message);

    /// <summary>A patch that is well-formed but does not fit the object.</summary>
    public static ApiException NotApplicable() =>
        new(422, "Invalid", "the server rejected our request due to an error in our request") { Details = [] };

    /// <summary>A patch that leaves something else than an object.</summary>
    public static ApiException ResultIsNoObject(JsonNode? result)
    {
        var text = KeyScalar.Quote(result?.ToJsonString(Relaxed) ?? "null");
        var message = $"Invalid value: {text}: couldn't get version/kind; json parse error: json: cannot unmarshal {GoKind(result)} into Go value of type {ObjectHeader}";
        return new ApiException(422, "Invalid", $" \"\" is invalid: patch: {message}")
        {
            Details = new JsonObject
            {
                ["causes"] = new JsonArray(new JsonObject { ["reason"] = "FieldValueInvalid", ["message"] = message, ["field"] = "patch" }),
            },
        };
    }

    private static string GoKind(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        null => "null",
        _ => "bool",
    };
}
