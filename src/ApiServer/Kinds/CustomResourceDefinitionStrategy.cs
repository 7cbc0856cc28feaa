using System.Globalization;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>
/// A CustomResourceDefinition. Its status is written in the same step as the object: a definition whose names are free is established at
/// once. A cluster takes some milliseconds for that.
/// </summary>
internal sealed class CustomResourceDefinitionStrategy(ResourceRegistry registry, TimeProvider timeProvider) : ResourceStrategy
{
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

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old) => CustomResourceDefinitionRules.Validate(obj, old);

    public override IEnumerable<string> Warnings(JsonObject obj) => CustomResourceDefinitionRules.Warnings(obj);

    public override void Complete(JsonObject obj, JsonObject? old) =>
        CustomResourceDefinitionStatus.Update(obj, registry.Current, timeProvider.GetUtcNow());
}
