using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>
/// Checks that what is applied can be merged: its forms are those of the schema, and items of lists can be told apart. Texts are Kubernetes'.
/// </summary>
internal static class AppliedObjectValidator
{
    /// <summary>What is wrong, each with its path; empty where all is well.</summary>
    public static List<string> Validate(JsonObject applied, SchemaPosition position)
    {
        var errors = new List<string>();
        ValidateMap(applied, position, "", errors);
        return errors;
    }

    private static void ValidateMap(JsonObject map, SchemaPosition position, string path, List<string> errors)
    {
        foreach (var (name, value) in map.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            if (!position.TryField(name, out var field))
            {
                errors.Add($"{path}.{name}: field not declared in schema");
                return;
            }

            ValidateValue(value, field, path, PathElement.Field(name), errors);
        }
    }

    private static void ValidateValue(JsonNode? value, SchemaPosition position, string parent, PathElement element, List<string> errors)
    {
        if (value is null)
        {
            return;
        }

        var kind = value.GetValueKind();
        switch (position.Type)
        {
            case "object" when kind != JsonValueKind.Object:
                errors.Add($"{parent}{element}: expected map, got {AsGo(value)}");
                return;
            case "array" when kind != JsonValueKind.Array:
                errors.Add($"{parent}{element}: expected list, got {AsGo(value)}");
                return;
            case "integer" or "number" when kind != JsonValueKind.Number:
                errors.Add($"{parent}{element}: expected numeric (int or float), got {GoType(kind)}");
                return;
            case "boolean" when kind is not (JsonValueKind.True or JsonValueKind.False):
                errors.Add($"{parent}{element}: expected boolean, got {AsGo(value)}");
                return;
            case "string" when position.IsFormatted && kind is JsonValueKind.Object or JsonValueKind.Array:
                errors.Add($"{parent}{element}: expected any scalar, got {AsGo(value)}");
                return;
            case "string" when !position.IsFormatted && kind != JsonValueKind.String:
                errors.Add($"{parent}{element}: expected string, got &value.valueUnstructured{{Value:{GoSyntax(value)}}}");
                return;
            default:
                break;
        }

        switch (value)
        {
            case JsonObject map:
                ValidateMap(map, position, parent + element, errors);
                break;
            case JsonArray list:
                ValidateList(list, position, parent + element, errors);
                break;
            default:
                break;
        }
    }

    private static void ValidateList(JsonArray list, SchemaPosition position, string path, List<string> errors)
    {
        var seen = new HashSet<PathElement>();
        for (var i = 0; i < list.Count; i++)
        {
            if (position.IsAtomicList)
            {
                ValidateValue(list[i], position.Item, path, PathElement.Index(i), errors);
                continue;
            }

            if (ListItems.TryGetElement(position, list[i], out var element) is { } problem)
            {
                errors.Add($"{path}: element {i}: {problem}");
                return;
            }

            if (!seen.Add(element))
            {
                errors.Add($"{path}: duplicate entries for key {element}");
            }

            ValidateValue(list[i], position.Item, path, element, errors);
        }
    }

    private static string GoType(JsonValueKind kind) => kind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Array => "[]interface {}",
        JsonValueKind.Object => "map[string]interface {}",
        _ => "bool",
    };

    // The server prints the value as Go does, as %v of a struct of one field.
    private static string AsGo(JsonNode value) => $"&{{{GoPlain(value)}}}";

    private static string GoPlain(JsonNode? value) => value switch
    {
        null => "<nil>",
        JsonObject map => $"map[{string.Join(' ', map.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}:{GoPlain(pair.Value)}"))}]",
        JsonArray list => $"[{string.Join(' ', list.Select(GoPlain))}]",
        _ => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(),
    };

    private static string GoSyntax(JsonNode? value)
    {
        switch (value)
        {
            case null:
                return "interface {}(nil)";
            case JsonObject map:
                var fields = map.OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                    .Select(static pair => $"{KeyScalar.Quote(pair.Key)}:{GoSyntax(pair.Value)}");
                return $"map[string]interface {{}}{{{string.Join(", ", fields)}}}";
            case JsonArray list:
                return $"[]interface {{}}{{{string.Join(", ", list.Select(GoSyntax))}}}";
            default:
                return KeyScalar.From(value).ToJson();
        }
    }
}
