using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What Deployments and ReplicaSets have in common: a number of pods from a template, found by a selector.</summary>
internal abstract class WorkloadStrategy : ResourceStrategy
{
    public override bool TracksGeneration => true;

    public override void SetDefaults(JsonObject obj)
    {
        PodSpecs.SetDefaults(obj["spec"].Get("template").Get("spec"));

        // Go clients send it as null. A template with it must be the one without it: else it would be rolled out.
        if (obj["spec"].Get("template").Get("metadata") is JsonObject metadata && metadata["creationTimestamp"] is null)
        {
            metadata.Remove("creationTimestamp");
        }

        obj["status"] ??= new JsonObject();
    }

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        if (obj["spec"] is not JsonObject spec)
        {
            yield return FieldErrors.Required("spec.selector");
            yield break;
        }

        foreach (var field in new[] { "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds" })
        {
            if (JsonNumber.From(spec[field]) is { IsInteger: true, Integer: < 0 } negative)
            {
                yield return FieldErrors.Invalid($"spec.{field}", negative.Integer, "must be greater than or equal to 0");
            }
        }

        if (spec["selector"] is { } selector && LabelSelectors.IsEmpty(selector))
        {
            yield return FieldErrors.Invalid("spec.selector", new JsonObject(), $"empty selector is invalid for {Noun}");
        }

        var labels = spec["template"].Get("metadata").Get("labels");
        if (spec["selector"] is { } given && !LabelSelectors.Matches(given, labels))
        {
            yield return FieldErrors.Invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
        }

        foreach (var error in PodSpecs.Validate(spec["template"].Get("spec"), "spec.template.spec"))
        {
            yield return error;
        }

        if (spec["template"].Get("spec").Get("restartPolicy").Text() is { } policy and ("OnFailure" or "Never"))
        {
            yield return FieldErrors.NotSupported("spec.template.spec.restartPolicy", policy, ["Always"]);
        }

        if (old is not null && !JsonNode.DeepEquals(spec["selector"], old["spec"].Get("selector")))
        {
            yield return FieldErrors.Invalid("spec.selector", spec["selector"], "field is immutable");
        }
    }

    /// <summary>The kind as messages name it.</summary>
    protected abstract string Noun { get; }
}
