using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Schema;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Verbs;

/// <summary>Turns what a client sent into an object of a kind: of the right kind, with the metadata that objects have, and without what the kind does not know.</summary>
internal static class ObjectDecoder
{
    /// <summary>Reads the body of a create or an update.</summary>
    /// <exception cref="ApiException">400: it is not an object of the kind.</exception>
    public static JsonObject Decode(ReadOnlyMemory<byte> body, ResourceDefinition definition, WriteOptions options)
    {
        JsonNode? node;
        IReadOnlyList<string> duplicates;
        try
        {
            node = JsonText.Parse(body.Span, out duplicates);
        }
        catch (JsonException e)
        {
            throw Unrecognized(definition, $"couldn't get version/kind; json parse error: {Describe(e, body)}", body);
        }

        if (node is not JsonObject obj)
        {
            throw Unrecognized(definition, $"couldn't get version/kind; json parse error: json: cannot unmarshal {TypeName(node)} into Go value of type struct "
                + "{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }", body);
        }

        if (MetadataRules.Text(obj, "kind").Length == 0)
        {
            throw Unrecognized(definition, $"Object 'Kind' is missing in '{Encoding.UTF8.GetString(body.Span)}'", body);
        }

        var apiVersion = MetadataRules.Text(obj, "apiVersion");
        if (apiVersion != definition.ApiVersion)
        {
            throw ApiErrors.BadRequest(
                $"the API version in the data ({apiVersion}) does not match the expected API version ({definition.ApiVersion})");
        }

        if (JsonText.FindHugeNumber(body.Span) is { } huge)
        {
            throw CannotBeHandled(definition, $"json: cannot unmarshal number {huge} into Go value of type float64");
        }

        var complaints = Normalize(obj, definition);
        complaints.InsertRange(0, duplicates.Select(static d => $"duplicate field \"{d}\""));
        switch (options.FieldValidation)
        {
            case FieldValidation.Strict when complaints.Count > 0:
                throw ApiErrors.BadRequest(
                    $"{definition.Kind} in version \"{definition.Version}\" cannot be handled as a {definition.Kind}: strict decoding error: "
                    + string.Join(", ", complaints));
            case FieldValidation.Warn:
                options.Warnings.AddRange(complaints);
                break;
        }

        return obj;
    }

    /// <summary>Takes the result of a patch as <see cref="Decode"/> takes a body.</summary>
    public static void DecodePatched(JsonObject patched, ResourceDefinition definition, IEnumerable<string> duplicates, WriteOptions options)
    {
        CheckKind(patched, definition);
        var text = options.FieldValidation == FieldValidation.Strict ? patched.ToJsonString() : "";
        var complaints = Normalize(patched, definition);
        complaints.InsertRange(0, duplicates.Select(static d => $"duplicate field \"{d}\""));
        switch (options.FieldValidation)
        {
            case FieldValidation.Strict when complaints.Count > 0:
                var why = $"Invalid value: {JsonValue.Create(text).ToJsonString()}: strict decoding error: {string.Join(", ", complaints)}";
                throw new ApiException(422, "Invalid", $" \"\" is invalid: patch: {why}")
                {
                    Details = new JsonObject
                    {
                        ["causes"] = new JsonArray(new JsonObject { ["reason"] = "FieldValueInvalid", ["message"] = why, ["field"] = "patch" }),
                    },
                };
            case FieldValidation.Warn:
                options.Warnings.AddRange(complaints);
                break;
        }
    }

    /// <summary>Refuses an object of another kind or version.</summary>
    public static void CheckKind(JsonObject obj, ResourceDefinition definition)
    {
        var (apiVersion, kind) = (MetadataRules.Text(obj, "apiVersion"), MetadataRules.Text(obj, "kind"));
        if (kind == definition.Kind && apiVersion == definition.ApiVersion)
        {
            return;
        }

        var error = kind != definition.Kind
            ? FieldErrors.Invalid("kind", kind, $"must be {definition.Kind}")
            : FieldErrors.Invalid("apiVersion", apiVersion, $"must be {definition.ApiVersion}");
        var group = apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
        throw ApiErrors.Invalid(group, kind, MetadataRules.Text(obj["metadata"] as JsonObject ?? [], "name"), [error]);
    }

    /// <summary>Gives the object metadata of the right types, without what says nothing, and takes out what the kind does not know, and fills in its defaults.</summary>
    /// <returns>What was taken out, as Kubernetes words it.</returns>
    private static List<string> Normalize(JsonObject obj, ResourceDefinition definition)
    {
        if (obj["metadata"] is null)
        {
            obj["metadata"] = new JsonObject();
        }

        if (obj["metadata"] is not JsonObject metadata)
        {
            throw CannotBeHandled(definition, $"json: cannot unmarshal {TypeName(obj["metadata"])} into Go value of type v1.ObjectMeta");
        }

        List<string>? empty = null;
        foreach (var (field, value) in metadata)
        {
            if (ObjectMeta.Schema.Properties.TryGetValue(field, out var schema) && MismatchOf(value, schema, "") is { } mismatch)
            {
                throw CannotBeHandled(definition, $"json: cannot unmarshal {mismatch.Found} into Go struct field ObjectMeta.{field}{mismatch.Field} of type {mismatch.Type}");
            }

            // An empty list of managed fields says something: that they are to be forgotten.
            if (value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 } && field != "managedFields" || field == "selfLink")
            {
                (empty ??= []).Add(field);
            }
        }

        foreach (var field in empty ?? [])
        {
            metadata.Remove(field);
        }

        return [.. Admission.Normalize(definition, obj).Select(static path => $"unknown field \"{path}\"")];
    }

    private static (string Found, string Field, string Type)? MismatchOf(JsonNode? value, StructuralSchema schema, string field)
    {
        if (value is null)
        {
            return null;
        }

        var kind = value.GetValueKind();
        switch (schema.Type)
        {
            case "object":
                if (value is not JsonObject obj)
                {
                    return (TypeName(value), field, schema.AdditionalProperties is null ? "v1.OwnerReference" : "map[string]string");
                }

                foreach (var (name, child) in obj)
                {
                    var known = schema.AdditionalProperties ?? schema.Properties.GetValueOrDefault(name);
                    var path = schema.AdditionalProperties is null ? $"{field}.{name}" : field;
                    if (known is not null && !schema.PreservesUnknownFields && MismatchOf(child, known, path) is { } mismatch)
                    {
                        return mismatch;
                    }
                }

                return null;

            case "array":
                if (value is not JsonArray array)
                {
                    return (TypeName(value), field, $"[]{(schema.Items?.Type == "string" ? "string" : "v1.OwnerReference")}");
                }

                return array.Select(item => MismatchOf(item, schema.Items!, field)).FirstOrDefault(static m => m is not null);

            case "string" when kind != JsonValueKind.String:
                return (TypeName(value), field, "string");
            case "integer" when kind != JsonValueKind.Number:
                return (TypeName(value), field, "int64");
            case "boolean" when kind is not (JsonValueKind.True or JsonValueKind.False):
                return (TypeName(value), field, "bool");
            default:
                return null;
        }
    }

    public static string TypeName(JsonNode? node) => node?.GetValueKind() switch
    {
        null => "null",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

    /// <summary>Says what is wrong with JSON that cannot be read, and where.</summary>
    public static string Describe(JsonException error, ReadOnlyMemory<byte> json) =>
        // Text that ends too early is what clients see most, of bodies cut short.
        json.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0 || IsCutShort(json.Span)
            ? "unexpected end of JSON input"
            : error.Message;

    private static bool IsCutShort(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = JsonText.MaximumDepth }));
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ApiException CannotBeHandled(ResourceDefinition definition, string why) => ApiErrors.BadRequest(
        $"{definition.Kind} in version \"{definition.Version}\" cannot be handled as a {definition.Kind}: {why}");

    private static ApiException Unrecognized(ResourceDefinition definition, string why, ReadOnlyMemory<byte> body)
    {
        const int Shown = 30;
        var text = Encoding.UTF8.GetString(body.Span);
        var excerpt = text.Length == 0 ? "<empty>" : text.Length <= Shown ? text : $"{text[..Shown]} ...";
        return ApiErrors.BadRequest($"the object provided is unrecognized (must be of type {definition.Kind}): {why} ({excerpt})");
    }
}
