using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A Deployment: the defaults and checks of the apps group.</summary>
internal sealed class DeploymentStrategy : WorkloadStrategy
{
    protected override string Noun => "deployment";

    public override void SetDefaults(JsonObject obj)
    {
        base.SetDefaults(obj);
        if (obj["spec"].Get("strategy") is JsonObject strategy && strategy["type"].Text() == "RollingUpdate")
        {
            if (strategy["rollingUpdate"] is null)
            {
                strategy["rollingUpdate"] = new JsonObject();
            }

            if (strategy["rollingUpdate"] is JsonObject rollingUpdate)
            {
                rollingUpdate["maxUnavailable"] ??= "25%";
                rollingUpdate["maxSurge"] ??= "25%";
            }
        }
    }

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        foreach (var error in base.Validate(obj, old))
        {
            yield return error;
        }

        var strategy = obj["spec"].Get("strategy");
        var type = strategy.Get("type").Text();
        if (type == "Recreate" && strategy.Get("rollingUpdate") is not null)
        {
            yield return FieldErrors.Forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
        }
        else if (type is not (null or "Recreate" or "RollingUpdate"))
        {
            yield return FieldErrors.NotSupported("spec.strategy.type", type, ["Recreate", "RollingUpdate"]);
        }
        else if (IsZero(strategy.Get("rollingUpdate").Get("maxUnavailable")) && IsZero(strategy.Get("rollingUpdate").Get("maxSurge")))
        {
            yield return FieldErrors.Invalid(
                "spec.strategy.rollingUpdate.maxUnavailable", strategy.Get("rollingUpdate").Get("maxUnavailable"), "may not be 0 when `maxSurge` is 0");
        }

        var ready = JsonNumber.From(obj["spec"].Get("minReadySeconds"))?.Integer ?? 0;
        if (JsonNumber.From(obj["spec"].Get("progressDeadlineSeconds")) is { IsInteger: true } deadline && deadline.Integer >= 0
            && deadline.Integer <= ready)
        {
            yield return FieldErrors.Invalid("spec.progressDeadlineSeconds", deadline.Integer, "must be greater than minReadySeconds");
        }
    }

    private static bool IsZero(JsonNode? intOrPercent) => JsonNumber.From(intOrPercent) is { IsInteger: true, Integer: 0 }
        || (intOrPercent?.GetValueKind() == JsonValueKind.String && intOrPercent.GetValue<string>() is "0%" or "0");
}
