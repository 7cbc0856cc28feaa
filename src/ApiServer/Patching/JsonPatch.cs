using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer.Patching;

/// <summary>
/// JSON patch (RFC 6902), with the liberties that Kubernetes takes: negative indexes count from the end, a test of an absent field for null holds.
/// </summary>
internal static class JsonPatch
{
    private const int MaxOperations = 10_000;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Members = ["op", "path", "from", "value"];

    private enum Operation
    {
        Add,
        Remove,
        Replace,
        Move,
        Copy,
        Test,
    }

    private sealed record Step(Operation Operation, string Path, string? From, JsonNode? Value);

    /// <summary>Applies the operations one after the other: all of them or none.</summary>
    /// <param name="target">The object. Not changed.</param>
    /// <param name="patch">The body of the request. Not changed, and nothing of it is shared with the result.</param>
    /// <returns>A new object.</returns>
    /// <exception cref="ApiException">
    /// 400 for a malformed patch, 413 for too many operations, 422 for one that does not fit or a test that fails.
    /// </exception>
    public static JsonObject Apply(JsonObject target, JsonNode? patch)
    {
        var root = target.DeepClone();
        foreach (var step in Parse(patch))
        {
            root = Apply(root, step);
        }

        return root as JsonObject ?? throw PatchErrors.ResultIsNoObject(root);
    }

    /// <summary>What strict clients are told of a patch: the members that no operation has, and those that are given twice.</summary>
    /// <param name="patch">The body of the request.</param>
    /// <param name="duplicates">The paths, in the patch, of what is given twice.</param>
    public static IEnumerable<string> Complaints(JsonNode? patch, IReadOnlyList<string> duplicates)
    {
        foreach (var duplicate in duplicates)
        {
            yield return $"json patch duplicate field \"{duplicate}\"";
        }

        var operations = patch as JsonArray ?? [];
        for (var i = 0; i < operations.Count; i++)
        {
            foreach (var (name, _) in operations[i] as JsonObject ?? [])
            {
                if (!Members.Contains(name))
                {
                    yield return $"json patch unknown field \"[{i}].{name}\"";
                }
            }
        }

        // What an operation puts into the object, it puts there as it is written.
        foreach (var duplicate in duplicates)
        {
            const string Value = "].value.";
            var end = duplicate.IndexOf(Value, StringComparison.Ordinal);
            if (end > 0
                && operations[int.Parse(duplicate.AsSpan(1, end - 1), CultureInfo.InvariantCulture)] is JsonObject operation
                && operation["path"] is JsonValue path && path.TryGetValue(out string? pointer))
            {
                yield return $"duplicate field \"{string.Join('.', pointer.Split('/').Skip(1).Select(Unescape))}.{duplicate[(end + Value.Length)..]}\"";
            }
        }
    }

    private static List<Step> Parse(JsonNode? patch)
    {
        if (patch is null)
        {
            return [];
        }

        if (patch is not JsonArray operations)
        {
            throw PatchErrors.CannotDecode(patch, "value of type []handlers.jsonPatchOp");
        }

        if (operations.Count > MaxOperations)
        {
            throw new ApiException(
                413,
                "RequestEntityTooLarge",
                $"Request entity too large: The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}");
        }

        return [.. operations.Select(ParseStep)];
    }

    private static Step ParseStep(JsonNode? node)
    {
        if (node is null)
        {
            throw PatchErrors.BadRequest("invalid operation null: unsupported operation");
        }

        if (node is not JsonObject operation)
        {
            throw PatchErrors.CannotDecode(node, "value of type handlers.jsonPatchOp");
        }

        var op = Text(operation, "op");
        var path = Text(operation, "path");
        var from = Text(operation, "from");
        Operation? kind = op switch
        {
            "add" => Operation.Add,
            "remove" => Operation.Remove,
            "replace" => Operation.Replace,
            "move" => Operation.Move,
            "copy" => Operation.Copy,
            "test" => Operation.Test,
            _ => null,
        };
        if (kind is null)
        {
            throw Malformed("unsupported operation");
        }

        if (kind is Operation.Move or Operation.Copy && from is null)
        {
            throw Malformed("failed to decode 'from': operation, missing from field: missing value");
        }

        JsonNode? value = null;
        if (kind is Operation.Add or Operation.Replace && !operation.TryGetPropertyValue("value", out value))
        {
            throw Malformed("failed to decode 'value': operation, missing value field: missing value");
        }

        if (path is null)
        {
            throw Malformed("failed to decode 'path': operation missing path field: missing value");
        }

        if (kind == Operation.Test)
        {
            // A test without a value is one for null.
            value = operation["value"];
        }

        return new Step(kind.Value, path, from, value);

        ApiException Malformed(string problem) => PatchErrors.BadRequest($"invalid operation {operation.ToJsonString(Relaxed)}: {problem}");
    }

    private static string? Text(JsonObject operation, string name)
    {
        if (!operation.TryGetPropertyValue(name, out var value) || value is null)
        {
            return null;
        }

        return value.GetValueKind() == JsonValueKind.String
            ? value.GetValue<string>()
            : throw PatchErrors.CannotDecode(value, $"struct field jsonPatchOp.{name} of type string");
    }

    private static JsonNode? Apply(JsonNode? root, Step step)
    {
        switch (step.Operation)
        {
            case Operation.Add:
                Add(root, step.Path, step.Value?.DeepClone());
                return root;
            case Operation.Remove:
                Remove(root, step.Path);
                return root;
            case Operation.Replace:
                if (step.Path.Length == 0)
                {
                    return step.Value?.DeepClone();
                }

                Replace(root, step.Path, step.Value?.DeepClone());
                return root;
            case Operation.Move:
                Add(root, step.Path, Remove(root, step.From!));
                return root;
            case Operation.Copy:
                Add(root, step.Path, Find(root, step.From!)?.DeepClone());
                return root;
            default:
                if (!Equal(FindOrNull(root, step.Path), step.Value))
                {
                    throw PatchErrors.NotApplicable();
                }

                return root;
        }
    }

    private static void Add(JsonNode? root, string path, JsonNode? value)
    {
        var (container, key) = Locate(root, path);
        if (container is JsonObject obj)
        {
            obj[key] = value;
        }
        else
        {
            var list = (JsonArray)container;
            list.Insert(key == "-" ? list.Count : Index(key, list.Count + 1), value);
        }
    }

    private static JsonNode? Remove(JsonNode? root, string path)
    {
        var (container, key) = Locate(root, path);
        JsonNode? value;
        if (container is JsonObject obj)
        {
            if (!obj.TryGetPropertyValue(key, out value))
            {
                throw PatchErrors.NotApplicable();
            }

            obj.Remove(key);
        }
        else
        {
            var list = (JsonArray)container;
            var index = Index(key, list.Count);
            value = list[index];
            list.RemoveAt(index);
        }

        return value;
    }

    private static void Replace(JsonNode? root, string path, JsonNode? value)
    {
        var (container, key) = Locate(root, path);
        if (container is JsonObject obj)
        {
            if (!obj.ContainsKey(key))
            {
                throw PatchErrors.NotApplicable();
            }

            obj[key] = value;
        }
        else
        {
            var list = (JsonArray)container;
            list[Index(key, list.Count)] = value;
        }
    }

    private static JsonNode? Find(JsonNode? root, string path)
    {
        if (path.Length == 0)
        {
            return root;
        }

        var (container, key) = Locate(root, path);
        if (container is JsonArray list)
        {
            return list[Index(key, list.Count)];
        }

        return ((JsonObject)container).TryGetPropertyValue(key, out var value) ? value : throw PatchErrors.NotApplicable();
    }

    // As Find, but a field that its object does not have is null.
    private static JsonNode? FindOrNull(JsonNode? root, string path) =>
        path.Length > 0 && Locate(root, path) is (JsonObject obj, var key) ? obj[key] : Find(root, path);

    /// <summary>The object or list that holds what the path names, and its key there.</summary>
    private static (JsonNode Container, string Key) Locate(JsonNode? root, string path)
    {
        // What stands before the first slash is not looked at; the empty path, the whole document, lies in nothing.
        var parts = path.Split('/');
        if (parts.Length < 2)
        {
            throw PatchErrors.NotApplicable();
        }

        var node = root;
        foreach (var part in parts.AsSpan(1..^1))
        {
            node = node switch
            {
                JsonObject obj => obj[Unescape(part)],
                JsonArray list => list[Index(part, list.Count)],
                _ => null,
            };
        }

        return node is JsonObject or JsonArray ? (node, Unescape(parts[^1])) : throw PatchErrors.NotApplicable();
    }

    private static int Index(string key, int count)
    {
        if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index) || index >= count || index < -count)
        {
            throw PatchErrors.NotApplicable();
        }

        return index < 0 ? index + count : index;
    }

    private static string Unescape(string part) =>
        part.Contains('~') ? part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal) : part;

    // Numbers are the same only if they are written the same: 1 is not 1.0.
    private static bool Equal(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (JsonObject x, JsonObject y) => x.Count == y.Count
            && x.All(pair => y.TryGetPropertyValue(pair.Key, out var other) && Equal(pair.Value, other)),
        (JsonArray x, JsonArray y) => x.Count == y.Count && x.Zip(y).All(static pair => Equal(pair.First, pair.Second)),
        (JsonValue x, JsonValue y) when x.GetValueKind() == JsonValueKind.Number => y.GetValueKind() == JsonValueKind.Number
            && x.ToJsonString() == y.ToJsonString(),
        _ => JsonNode.DeepEquals(a, b),
    };
}
