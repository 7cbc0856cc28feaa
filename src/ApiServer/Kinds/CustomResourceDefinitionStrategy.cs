using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>
/// A CustomResourceDefinition. Its status is written in the same step as the object: a definition whose names are free is established at
/// once. A cluster takes some milliseconds for that.
/// </summary>
internal sealed class CustomResourceDefinitionStrategy(ResourceRegistry registry, TimeProvider timeProvider) : ResourceStrategy
{
    /// <summary>Keeps a deleted CustomResourceDefinition until its objects are gone.</summary>
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    public override bool AllowsUnconditionalUpdate => false;

    public override bool TracksGeneration => true;

    // The first deletion always marks it, so that its objects are deleted before it.
    public override bool IsHeld(JsonObject obj) => obj["metadata"]!["deletionTimestamp"] is null;

    public override void PrepareForDeletion(JsonObject obj)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        if (metadata["finalizers"] is not JsonArray finalizers)
        {
            metadata["finalizers"] = finalizers = [];
        }

        finalizers.Add((JsonNode)CleanupFinalizer);
    }

    public override void SetDefaults(JsonObject obj)
    {
        if (obj["spec"] is not JsonObject spec)
        {
            return;
        }

        if (spec["names"] is JsonObject names && names["kind"].Text() is { Length: > 0 } kind)
        {
            names["singular"] ??= kind.ToLower(CultureInfo.InvariantCulture);
            names["listKind"] ??= kind + "List";
        }

        if (spec["conversion"] is null)
        {
            spec["conversion"] = new JsonObject { ["strategy"] = "None" };
        }
    }

    public override IEnumerable<string> PruneFurther(JsonObject obj)
    {
        var pruned = new List<string>();
        var versions = obj["spec"].Get("versions").Elements();
        for (var i = 0; i < versions.Count; i++)
        {
            if (versions[i].Get("schema").Get("openAPIV3Schema") is JsonObject schema)
            {
                SchemaRules.PruneUnknownKeywords(schema, $"spec.versions[{i}].schema.openAPIV3Schema", pruned);
            }
        }

        return pruned;
    }

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old) => CustomResourceDefinitionRules.Validate(obj, old);

    public override IEnumerable<string> Warnings(JsonObject obj) => CustomResourceDefinitionRules.Warnings(obj);

    public override void Complete(JsonObject obj, JsonObject? old) =>
        CustomResourceDefinitionStatus.Update(obj, registry.Current, timeProvider.GetUtcNow());
}
