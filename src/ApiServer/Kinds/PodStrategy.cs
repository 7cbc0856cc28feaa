using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A Pod: it starts as Pending, and its spec stays as it is but for images and a few numbers.</summary>
internal sealed class PodStrategy : ResourceStrategy
{
    public override bool TracksGeneration => true;

    public override void SetDefaults(JsonObject obj)
    {
        PodSpecs.SetDefaults(obj["spec"]);
        if (obj["spec"] is JsonObject spec)
        {
            spec["enableServiceLinks"] ??= true;
        }
    }

    public override void Prepare(JsonObject obj, JsonObject? old)
    {
        if (old is null)
        {
            obj["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
        }
    }

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        foreach (var error in PodSpecs.Validate(obj["spec"], "spec"))
        {
            yield return error;
        }

        if (old is not null && !JsonNode.DeepEquals(Fixed(obj["spec"]), Fixed(old["spec"])))
        {
            yield return FieldErrors.Forbidden(
                "spec",
                "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
                + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)");
        }
    }

    private static JsonNode? Fixed(JsonNode? spec)
    {
        var copy = spec?.DeepClone();
        if (copy is JsonObject pod)
        {
            foreach (var field in new[] { "activeDeadlineSeconds", "tolerations", "nodeName" })
            {
                pod.Remove(field);
            }

            foreach (var list in new[] { "containers", "initContainers" })
            {
                foreach (var container in pod[list].Elements().OfType<JsonObject>())
                {
                    container.Remove("image");
                }
            }
        }

        return copy;
    }
}
