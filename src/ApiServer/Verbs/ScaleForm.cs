using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Verbs;

/// <summary>The subresource <c>scale</c>: the replicas of any kind in the one form of <c>autoscaling/v1</c>.</summary>
internal static class ScaleForm
{
    public const string ApiVersion = "autoscaling/v1";

    public const string Kind = "Scale";

    /// <summary>The Scale of an object.</summary>
    public static JsonObject Show(JsonObject obj, ScaleSubresource scale)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        var shown = new JsonObject();
        foreach (var field in (ReadOnlySpan<string>)["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            if (metadata[field] is { } value)
            {
                shown[field] = value.DeepClone();
            }
        }

        var status = new JsonObject { ["replicas"] = Find(obj, scale.StatusReplicasPath)?.DeepClone() ?? 0 };
        if (Selector(obj, scale) is { Length: > 0 } selector)
        {
            status["selector"] = selector;
        }

        return new JsonObject
        {
            ["kind"] = Kind,
            ["apiVersion"] = ApiVersion,
            ["metadata"] = shown,
            ["spec"] = new JsonObject { ["replicas"] = Find(obj, scale.SpecReplicasPath)?.DeepClone() ?? 0 },
            ["status"] = status,
        };
    }

    /// <summary>Writes the replicas of a Scale into the object, in place, and the version on which the Scale insists.</summary>
    /// <exception cref="ApiException">The Scale is not one, or its replicas are not a count.</exception>
    public static void Take(JsonObject obj, JsonObject shown, ScaleSubresource scale)
    {
        if (MetadataRules.Text(shown, "kind") != "Scale" || MetadataRules.Text(shown, "apiVersion") != "autoscaling/v1")
        {
            throw ApiErrors.BadRequest($"wrong object passed to Scale update: {shown["apiVersion"]}, Kind={shown["kind"]}");
        }

        var replicas = shown["spec"]?["replicas"];
        var count = replicas is JsonValue value && value.TryGetValue(out int number) ? number : 0;
        if (count < 0)
        {
            throw ApiErrors.Invalid(
                "autoscaling",
                "Scale",
                MetadataRules.Text((JsonObject)obj["metadata"]!, "name"),
                [FieldErrors.Invalid("spec.replicas", count, "must be greater than or equal to 0")]);
        }

        JsonObject parent = obj;
        var path = scale.SpecReplicasPath.TrimStart('.').Split('.');
        foreach (var field in path.AsSpan()[..^1])
        {
            if (parent[field] is not JsonObject child)
            {
                parent[field] = child = [];
            }

            parent = child;
        }

        parent[path[^1]] = count;
        ((JsonObject)obj["metadata"]!)["resourceVersion"] = MetadataRules.Text(shown["metadata"] as JsonObject ?? [], "resourceVersion");
    }

    private static string Selector(JsonObject obj, ScaleSubresource scale)
    {
        if (scale.LabelSelectorPath is { } path)
        {
            return Find(obj, path)?.ToString() ?? "";
        }

        return obj["spec"]?["selector"]?["matchLabels"] is JsonObject labels ? string.Join(',', labels.Select(static l => $"{l.Key}={l.Value}")) : "";
    }

    private static JsonNode? Find(JsonObject obj, string path)
    {
        JsonNode? node = obj;
        foreach (var field in path.TrimStart('.').Split('.'))
        {
            node = (node as JsonObject)?[field];
        }

        return node;
    }
}
