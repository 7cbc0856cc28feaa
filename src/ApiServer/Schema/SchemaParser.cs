using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>Reads <c>JSONSchemaProps</c>.</summary>
internal static class SchemaParser
{
    private static readonly Dictionary<string, StructuralSchema> NoProperties = [];

    public static StructuralSchema Parse(JsonNode node) => Parse(node, "");

    private static StructuralSchema Parse(JsonNode? node, string path)
    {
        if (node is not JsonObject json)
        {
            throw Wrong(path, "an object");
        }

        var pattern = Read<string>(json, "pattern", path, "a string");
        var additional = json["additionalProperties"];
        var listType = Read<string>(json, "x-kubernetes-list-type", path, "a string");
        return new StructuralSchema
        {
            Type = Read<string>(json, "type", path, "a string") ?? "",
            Format = Read<string>(json, "format", path, "a string"),
            Description = Read<string>(json, "description", path, "a string"),
            IsNullable = Flag(json, "nullable", path),
            Default = json["default"]?.DeepClone(),
            Properties = Map(json, "properties", path),
            Items = json["items"] is { } items ? Parse(items, path + ".items") : null,
            AdditionalProperties = additional is JsonObject ? Parse(additional, path + ".additionalProperties") : null,
            AllowsAdditionalProperties = additional is JsonValue && Flag(json, "additionalProperties", path),
            PreservesUnknownFields = Flag(json, "x-kubernetes-preserve-unknown-fields", path),
            IsEmbeddedResource = Flag(json, "x-kubernetes-embedded-resource", path),
            IsIntOrString = Flag(json, "x-kubernetes-int-or-string", path),
            ListType = listType ?? "atomic",
            ListMapKeys = Strings(json, "x-kubernetes-list-map-keys", path),
            IsAtomicMap = Read<string>(json, "x-kubernetes-map-type", path, "a string") == "atomic",
            PatchMergeKey = Read<string>(json, "x-kubernetes-patch-merge-key", path, "a string"),
            Required = Strings(json, "required", path),
            Enum = json["enum"] is null ? null : [.. Array(json, "enum", path).Select(v => v?.DeepClone())],
            Pattern = string.IsNullOrEmpty(pattern) ? null : Compile(pattern, path),
            Minimum = Number(json, "minimum", path),
            IsMinimumExclusive = Flag(json, "exclusiveMinimum", path),
            Maximum = Number(json, "maximum", path),
            IsMaximumExclusive = Flag(json, "exclusiveMaximum", path),
            MultipleOf = Number(json, "multipleOf", path),
            MinLength = Count(json, "minLength", path),
            MaxLength = Count(json, "maxLength", path),
            MinItems = Count(json, "minItems", path),
            MaxItems = Count(json, "maxItems", path),
            HasUniqueItems = Flag(json, "uniqueItems", path),
            MinProperties = Count(json, "minProperties", path),
            MaxProperties = Count(json, "maxProperties", path),
            AllOf = List(json, "allOf", path),
            AnyOf = List(json, "anyOf", path),
            OneOf = List(json, "oneOf", path),
            Not = json["not"] is { } not ? Parse(not, path + ".not") : null,
        };
    }

    private static Dictionary<string, StructuralSchema> Map(JsonObject json, string key, string path)
    {
        if (json[key] is not { } node)
        {
            return NoProperties;
        }

        if (node is not JsonObject map)
        {
            throw Wrong($"{path}.{key}", "an object");
        }

        return map.ToDictionary(p => p.Key, p => Parse(p.Value, $"{path}.{key}[{p.Key}]"), StringComparer.Ordinal);
    }

    private static StructuralSchema[] List(JsonObject json, string key, string path) =>
        [.. Array(json, key, path).Select((s, i) => Parse(s, $"{path}.{key}[{i}]"))];

    private static JsonArray Array(JsonObject json, string key, string path) => json[key] switch
    {
        null => [],
        JsonArray array => array,
        _ => throw Wrong($"{path}.{key}", "an array"),
    };

    private static string[] Strings(JsonObject json, string key, string path) =>
    [
        .. Array(json, key, path).Select(
            (s, i) => s is JsonValue v && v.TryGetValue<string>(out var text) ? text : throw Wrong($"{path}.{key}[{i}]", "a string")),
    ];

    private static bool Flag(JsonObject json, string key, string path) => json[key] switch
    {
        null => false,
        { } node when node.GetValueKind() is JsonValueKind.True or JsonValueKind.False => node.GetValueKind() == JsonValueKind.True,
        _ => throw Wrong($"{path}.{key}", "a boolean"),
    };

    private static double? Number(JsonObject json, string key, string path)
    {
        if (json[key] is not { } node)
        {
            return null;
        }

        return JsonNumber.From(node)?.AsDouble ?? throw Wrong($"{path}.{key}", "a number");
    }

    private static long? Count(JsonObject json, string key, string path)
    {
        if (json[key] is not { } node)
        {
            return null;
        }

        return JsonNumber.From(node) is { IsInteger: true } number ? number.Integer : throw Wrong($"{path}.{key}", "an integer");
    }

    private static T? Read<T>(JsonObject json, string key, string path, string expected)
        where T : class
    {
        if (json[key] is not { } node)
        {
            return null;
        }

        return node is JsonValue value && value.TryGetValue<T>(out var result) ? result : throw Wrong($"{path}.{key}", expected);
    }

    private static GoPattern Compile(string pattern, string path)
    {
        try
        {
            return new GoPattern(pattern);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"The pattern of the schema{path} is not a regular expression: {e.Message}", e);
        }
    }

    private static FormatException Wrong(string path, string expected) => new($"The schema{path} must be {expected}.");
}
