using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>Takes out of an object what its schema does not know.</summary>
internal static class Pruner
{
    /// <summary>
    /// Prunes an object of a kind in place and returns the paths of what was taken out, sorted, as <c>unknown field "spec.foo"</c> names
    /// them. The known fields of <c>metadata</c> are those of ObjectMeta, there and in embedded resources.
    /// </summary>
    public static IReadOnlyList<string> Prune(StructuralSchema schema, JsonObject obj)
    {
        var pruned = new List<string>();
        PruneObject(obj, schema, preserves: false, isResource: true, "", pruned);
        pruned.Sort(StringComparer.Ordinal);
        return pruned;
    }

    /// <summary>As <see cref="Prune(StructuralSchema, JsonObject)"/>, for an object that is no resource, such as a default.</summary>
    public static IReadOnlyList<string> PruneValue(StructuralSchema schema, JsonObject obj)
    {
        var pruned = new List<string>();
        Prune(obj, schema, preserves: false, "", pruned);
        pruned.Sort(StringComparer.Ordinal);
        return pruned;
    }

    private static void Prune(JsonNode? node, StructuralSchema? schema, bool preserves, string path, List<string> pruned)
    {
        switch (node)
        {
            case JsonObject obj:
                PruneObject(obj, schema, preserves, schema?.IsEmbeddedResource ?? false, path, pruned);
                break;
            case JsonArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    if (array[i] is JsonObject or JsonArray)
                    {
                        // A list that preserves makes its items preserve too; an object does not hand it on to its fields.
                        Prune(array[i], schema?.Items, preserves || schema is { PreservesUnknownFields: true }, $"{path}[{i}]", pruned);
                    }
                }

                break;
        }
    }

    private static void PruneObject(JsonObject obj, StructuralSchema? schema, bool preserves, bool isResource, string path, List<string> pruned)
    {
        preserves |= schema is { PreservesUnknownFields: true };
        List<string>? unknown = null;
        foreach (var (key, value) in obj)
        {
            if (isResource && key is "apiVersion" or "kind")
            {
                continue;
            }

            if (isResource && key == "metadata")
            {
                if (value is JsonObject)
                {
                    Prune(value, ObjectMeta.Schema, preserves: false, Append(path, key), pruned);
                }
            }
            else if (schema?.ForField(key) is { } known)
            {
                if (value is JsonObject or JsonArray)
                {
                    Prune(value, known, preserves: false, Append(path, key), pruned);
                }
            }
            else if (schema is { AllowsAdditionalProperties: true })
            {
                Prune(value, null, preserves: false, Append(path, key), pruned);
            }
            else if (!preserves)
            {
                (unknown ??= []).Add(key);
            }
        }

        foreach (var key in unknown ?? [])
        {
            obj.Remove(key);
            pruned.Add(Append(path, key));
        }
    }

    private static string Append(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
