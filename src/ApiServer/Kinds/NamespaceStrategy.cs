using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A Namespace: it carries the finalizer that lets its objects be deleted first, and a label with its name.</summary>
internal sealed class NamespaceStrategy : ResourceStrategy
{
    public override IEnumerable<string> NameErrors(string name) => MetadataRules.LabelErrors(name);

    public override bool IsHeld(JsonObject obj) => obj["spec"]?["finalizers"] is JsonArray { Count: > 0 };

    public override void PrepareForDeletion(JsonObject obj)
    {
        if (obj["status"] is not JsonObject status)
        {
            obj["status"] = status = [];
        }

        status["phase"] = "Terminating";
    }

    private const string Finalizer = "kubernetes";

    public override void SetDefaults(JsonObject obj)
    {
        var metadata = obj["metadata"] as JsonObject;
        if (metadata is null || metadata["name"].Text() is not { Length: > 0 } name)
        {
            return;
        }

        if (metadata["labels"] is null)
        {
            metadata["labels"] = new JsonObject();
        }

        if (metadata["labels"] is JsonObject labels)
        {
            labels["kubernetes.io/metadata.name"] = name;
        }
    }

    public override void Prepare(JsonObject obj, JsonObject? old)
    {
        if (old is not null)
        {
            // The finalizers change by the subresource finalize alone.
            obj["spec"] = old["spec"]?.DeepClone() ?? new JsonObject();
            return;
        }

        if (obj["spec"] is not JsonObject)
        {
            obj["spec"] = new JsonObject();
        }

        var spec = obj["spec"]!.AsObject();
        var finalizers = spec["finalizers"] as JsonArray ?? [];
        if (finalizers.Parent is null)
        {
            spec["finalizers"] = finalizers;
        }

        if (!finalizers.Any(f => f.Text() == Finalizer))
        {
            finalizers.Add((JsonNode)Finalizer);
        }

        obj["status"] = new JsonObject { ["phase"] = "Active" };
    }
}
