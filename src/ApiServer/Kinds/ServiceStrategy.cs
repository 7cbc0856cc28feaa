using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A Service: a port's target is the port itself unless it says otherwise. No addresses are given out.</summary>
internal sealed class ServiceStrategy : ResourceStrategy
{
    public override bool AllowsCreateOnUpdate => true;

    public override void SetDefaults(JsonObject obj)
    {
        foreach (var port in obj["spec"].Get("ports").Elements().OfType<JsonObject>())
        {
            port["targetPort"] ??= port["port"]?.DeepClone();
        }
    }

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        if (obj["spec"] is not JsonObject spec)
        {
            yield return FieldErrors.Required("spec.ports");
            yield break;
        }

        var ports = spec["ports"].Elements();
        if (ports.Count == 0 && spec["clusterIP"].Text() != "None" && spec["type"].Text() != "ExternalName")
        {
            yield return FieldErrors.Required("spec.ports");
        }

        for (var i = 0; i < ports.Count; i++)
        {
            if (ports.Count > 1 && ports[i].Get("name").Text() is null or "")
            {
                yield return FieldErrors.Required($"spec.ports[{i}].name");
            }

            if (JsonNumber.From(ports[i].Get("port")) is { IsInteger: true, Integer: < 1 or > 65535 } port)
            {
                yield return FieldErrors.Invalid($"spec.ports[{i}].port", port.Integer, "must be between 1 and 65535, inclusive");
            }
        }
    }
}
