using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>
/// The schemas of the built-in kinds: the JSON files of the folder Schemas. They have the keywords of a CustomResourceDefinition's schema, those
/// of strategic merge patch (<c>x-kubernetes-patch-merge-key</c>), and <c>$ref</c> with the name of another file, which stands for its content.
/// </summary>
internal static class BuiltInSchemas
{
    // Read once in a process, however many servers it starts. Resolving has visited every node, so that threads only read them.
    private static readonly ConcurrentDictionary<string, (JsonObject Source, StructuralSchema Schema)> Loaded = new(StringComparer.Ordinal);

    /// <summary>The schema of a whole object, as JSON that must not be changed, and parsed.</summary>
    /// <exception cref="InvalidOperationException">There is no such file among this assembly's resources.</exception>
    public static (JsonObject Source, StructuralSchema Schema) Get(string name) => Loaded.GetOrAdd(name, key =>
    {
        var source = Load(key);
        return (source, StructuralSchema.Parse(source).AsResource());
    });

    private static JsonObject Load(string name)
    {
        using var stream = typeof(BuiltInSchemas).Assembly.GetManifestResourceStream(name + ".json")
            ?? throw new InvalidOperationException($"The schema '{name}.json' is not among the resources of this assembly; add it to Kinds/Schemas.");
        return Resolve(JsonNode.Parse(stream))!.AsObject();
    }

    private static JsonNode? Resolve(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject obj when obj["$ref"] is JsonValue reference && reference.TryGetValue<string>(out var name):
                var target = name == "objectMeta" ? JsonNode.Parse(ObjectMeta.Json)!.AsObject() : Load(name);
                foreach (var (key, value) in obj.Where(p => p.Key != "$ref"))
                {
                    target[key] = value?.DeepClone();
                }

                return target;
            case JsonObject obj:
                foreach (var key in obj.Select(p => p.Key).ToList())
                {
                    if (obj[key] is JsonObject or JsonArray)
                    {
                        var resolved = Resolve(obj[key]);
                        if (!ReferenceEquals(resolved, obj[key]))
                        {
                            obj[key] = resolved;
                        }
                    }
                }

                return obj;
            case JsonArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    var resolved = Resolve(array[i]);
                    if (!ReferenceEquals(resolved, array[i]))
                    {
                        array[i] = resolved;
                    }
                }

                return array;
            default:
                return node;
        }
    }
}
