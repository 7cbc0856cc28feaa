using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Schema;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Verbs;

/// <summary>
/// Turns what a client sent into an object of a kind: of the right kind, with the metadata that objects have, and without what the kind does not
/// know.
/// </summary>
internal static class ObjectDecoder
{
    private static readonly string[] TypeFields = ["apiVersion", "kind"];

    /// <summary>Reads the body of a create or an update.</summary>
    /// <exception cref="ApiException">400: it is not an object of the kind.</exception>
    public static JsonObject Decode(ObjectBody request, ResourceDefinition definition, WriteOptions options)
    {
        var body = request.Json;
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

        if (node is null)
        {
            throw Unrecognized(definition, "Object 'Kind' is missing in 'null'", body);
        }

        if (node is not JsonObject obj)
        {
            throw Unrecognized(definition, $"couldn't get version/kind; json parse error: {NotTyped(node)}", body);
        }

        foreach (var field in TypeFields)
        {
            if (obj[field] is { } value && value.GetValueKind() != JsonValueKind.String)
            {
                throw Unrecognized(
                    definition, $"couldn't get version/kind; json parse error: json: cannot unmarshal {TypeName(value)} into Go struct field .{field} of type string", body);
            }
        }

        if (MetadataRules.Text(obj, "kind").Length == 0)
        {
            throw Unrecognized(definition, $"Object 'Kind' is missing in '{Encoding.UTF8.GetString(body.Span)}'", body);
        }

        var apiVersion = MetadataRules.Text(obj, "apiVersion");
        if (apiVersion.Count('/') > 1)
        {
            throw Unrecognized(definition, $"unexpected GroupVersion string: {apiVersion}", body);
        }

        if (apiVersion != definition.ApiVersion)
        {
            throw ApiErrors.BadRequest(
                $"the API version in the data ({apiVersion}) does not match the expected API version ({definition.ApiVersion})");
        }

        if (JsonText.FindHugeNumber(request.Json.Span) is { } huge)
        {
            throw CannotBeHandled(definition, $"json: cannot unmarshal number {huge} into Go value of type float64");
        }

        if (FindMismatch(definition, obj) is { } mismatch)
        {
            throw CannotBeHandled(definition, mismatch);
        }

        var complaints = Normalize(obj, definition, why => CannotBeHandled(definition, why));
        var repeated = request.IsYaml ? request.RepeatedKeys : [.. duplicates.Select(static d => $"duplicate field \"{d}\"")];
        switch (options.FieldValidation)
        {
            case FieldValidation.Strict when complaints.Count + repeated.Count > 0:
                IEnumerable<string> first = request.IsYaml && repeated.Count > 0 ? [ObjectBody.Describe(repeated)] : repeated;
                throw CannotBeHandled(definition, $"strict decoding error: {string.Join(", ", first.Concat(complaints))}");
            case FieldValidation.Warn:
                options.Warnings.AddRange(repeated);
                options.Warnings.AddRange(complaints);
                break;
        }

        return obj;
    }

    /// <summary>Takes the result of a patch as <see cref="Decode"/> takes a body.</summary>
    /// <param name="patched">The result. Managed fields that the patch left alone are taken out of it, since a write keeps what it is not told of.</param>
    /// <param name="live">The object before the patch.</param>
    /// <param name="definition">Its resource.</param>
    /// <param name="complaints">What is wrong with the patch itself, for clients that want to know.</param>
    /// <param name="options">How it is written.</param>
    /// <exception cref="ApiException">The result is not an object of the kind.</exception>
    public static void DecodePatched(JsonObject patched, JsonObject live, ResourceDefinition definition, IEnumerable<string> complaints, WriteOptions options)
    {
        if (MetadataRules.Text(patched, "kind").Length == 0)
        {
            throw BadPatch(GoText.Json(patched), $"Object 'Kind' is missing in '{GoText.Json(patched)}'");
        }

        if (MetadataRules.Text(patched, "apiVersion").Length == 0)
        {
            throw ApiErrors.Internal("Object 'apiVersion' is missing in 'object has no apiVersion field'");
        }

        CheckKind(patched, definition);
        if (FindMismatch(definition, patched) is { } mismatch)
        {
            throw BadPatch(GoText.Json(patched), mismatch);
        }

        var text = options.FieldValidation == FieldValidation.Strict ? GoText.Json(patched) : "";
        var known = TakeKnownManagedFields(patched, live);
        List<string> all = [.. complaints, .. Normalize(patched, definition, why => BadPatch(TextOf(patched, known), why))];
        switch (options.FieldValidation)
        {
            case FieldValidation.Strict when all.Count > 0:
                throw BadPatch(text, $"strict decoding error: {string.Join(", ", all)}");
            case FieldValidation.Warn:
                options.Warnings.AddRange(all);
                break;
        }
    }

    private static JsonNode? TakeKnownManagedFields(JsonObject patched, JsonObject live)
    {
        if (patched["metadata"] is not JsonObject metadata
            || metadata["managedFields"] is not { } managed
            || live["metadata"]?["managedFields"] is not { } known
            || !JsonText.IsSameText(managed, known))
        {
            return null;
        }

        metadata.Remove("managedFields");
        return managed;
    }

    private static string TextOf(JsonObject patched, JsonNode? managedFields)
    {
        if (managedFields is not null && patched["metadata"] is JsonObject metadata)
        {
            metadata["managedFields"] = managedFields;
        }

        return GoText.Json(patched);
    }

    /// <summary>The answer to a patch whose result, <paramref name="text"/>, is not what it should be.</summary>
    private static ApiException BadPatch(string text, string why)
    {
        var error = FieldErrors.Invalid("patch", text, why);
        return new ApiException(422, "Invalid", $" \"\" is invalid: patch: {error.Message}")
        {
            Details = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = error.Reason, ["message"] = error.Message, ["field"] = error.Field }) },
        };
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

    /// <summary>
    /// Gives the object metadata of the right types, without what says nothing, and takes out what the kind does not know, and fills in its defaults.
    /// </summary>
    /// <returns>What was taken out, as Kubernetes words it.</returns>
    /// <exception cref="ApiException">What <paramref name="refuse"/> makes of metadata that cannot be read.</exception>
    private static List<string> Normalize(JsonObject obj, ResourceDefinition definition, Func<string, ApiException> refuse)
    {
        if (obj["metadata"] is null)
        {
            obj["metadata"] = new JsonObject();
        }

        if (obj["metadata"] is not JsonObject metadata)
        {
            throw refuse($"json: cannot unmarshal {TypeName(obj["metadata"])} into Go value of type v1.ObjectMeta");
        }

        List<string>? empty = null;
        foreach (var (field, value) in metadata)
        {
            if (ObjectMeta.Schema.Properties.TryGetValue(field, out var schema) && MismatchOf(value, schema, "") is { } mismatch)
            {
                throw refuse($"json: cannot unmarshal {mismatch.Found} into Go struct field {(mismatch.Field.Length == 0 ? "ObjectMeta" : "OwnerReference")}.{field}{mismatch.Field} of type {(field == "uid" ? "types.UID" : field == "managedFields" && value is not JsonArray ? "[]v1.ManagedFieldsEntry" : mismatch.Type)}");
            }

            if (schema?.AdditionalProperties is not null && value is JsonObject map)
            {
                // A map of texts has no nulls.
                foreach (var (key, _) in map.Where(static pair => pair.Value is null).ToList())
                {
                    map[key] = "";
                }
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

                if (schema.AdditionalProperties is null && schema.Properties.Count == 0)
                {
                    return null;
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

    /// <summary>Says that <paramref name="node"/> is no object, and so has no kind.</summary>
    public static string NotTyped(JsonNode? node) =>
        $"json: cannot unmarshal {TypeName(node)} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}";

    /// <summary>Says what is wrong with JSON that cannot be read.</summary>
    public static string Describe(JsonException error, ReadOnlyMemory<byte> json) => JsonSyntax.ErrorOf(json.Span) ?? error.Message;

    // Kinds that are served by a schema alone, definitions and custom resources, leave this to validation.
    private static string? FindMismatch(ResourceDefinition definition, JsonObject obj) =>
        definition.Strategy is CustomResourceStrategy or CustomResourceDefinitionStrategy ? null : GoTypes.FindMismatch(definition, obj);

    private static ApiException CannotBeHandled(ResourceDefinition definition, string why) => ApiErrors.BadRequest(
        $"{definition.Kind} in version \"{definition.Version}\" cannot be handled as a {definition.Kind}: {why}");

    /// <summary>The body is not an object of any kind. What does not begin as JSON objects do is shown as bytes.</summary>
    public static ApiException Unrecognized(string kind, string why, ReadOnlyMemory<byte> body)
    {
        const int Shown = 30;
        var text = Encoding.UTF8.GetString(body.Span);

        // What cannot be an object is shown as bytes.
        var excerpt = text.Length == 0 ? "<empty>"
            : text.AsSpan().TrimStart() is not ['{', ..] ? Convert.ToHexStringLower(body.Span)
            : text.Length <= Shown ? text
            : $"{text[..Shown]} ...";
        return ApiErrors.BadRequest($"the object provided is unrecognized (must be of type {kind}): {why} ({excerpt})");
    }

    private static ApiException Unrecognized(ResourceDefinition definition, string why, ReadOnlyMemory<byte> body) =>
        Unrecognized(definition.Kind, why, body);
}
