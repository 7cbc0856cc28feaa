using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What pods and pod templates have in common: the defaults and checks that a schema cannot express.</summary>
internal static class PodSpecs
{
    private static readonly string[] ContainerLists = ["initContainers", "containers"];

    /// <summary>Sets the pull policy by the image's tag: <c>Always</c> for <c>latest</c> or none, else <c>IfNotPresent</c>.</summary>
    public static void SetDefaults(JsonNode? spec)
    {
        foreach (var container in ContainerLists.SelectMany(list => spec.Get(list).Elements().OfType<JsonObject>()))
        {
            container["imagePullPolicy"] ??= IsLatest(container["image"].Text() ?? "") ? "Always" : "IfNotPresent";
        }

        if (spec is JsonObject pod && pod["serviceAccountName"].Text() is { Length: > 0 } account)
        {
            // The old name of the field follows the new one.
            pod["serviceAccount"] = account;
        }
    }

    public static IEnumerable<FieldError> Validate(JsonNode? spec, string path)
    {
        if (spec is not JsonObject)
        {
            yield break;
        }

        if (spec["containers"] is JsonArray { Count: 0 })
        {
            yield return FieldErrors.Required($"{path}.containers");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in ContainerLists)
        {
            var containers = spec[list].Elements();
            for (var i = 0; i < containers.Count; i++)
            {
                foreach (var error in ValidateContainer(containers[i], $"{path}.{list}[{i}]", names))
                {
                    yield return error;
                }
            }
        }

        if (spec["restartPolicy"].Text() is { Length: > 0 } policy and not ("Always" or "OnFailure" or "Never"))
        {
            yield return FieldErrors.NotSupported($"{path}.restartPolicy", policy, ["Always", "OnFailure", "Never"]);
        }

        if (spec["dnsPolicy"].Text() is { Length: > 0 } dns and not ("ClusterFirst" or "ClusterFirstWithHostNet" or "Default" or "None"))
        {
            yield return FieldErrors.NotSupported($"{path}.dnsPolicy", dns, ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]);
        }
    }

    private static IEnumerable<FieldError> ValidateContainer(JsonNode? container, string path, HashSet<string> names)
    {
        if (container is not JsonObject)
        {
            yield break;
        }

        if (container["name"] is { } named)
        {
            var name = named.Text() ?? "";
            if (name.Length == 0)
            {
                yield return FieldErrors.Required($"{path}.name");
            }
            else if (DnsNames.CheckLabel(name) is { } problem)
            {
                yield return FieldErrors.Invalid($"{path}.name", name, problem);
            }
            else if (!names.Add(name))
            {
                yield return FieldErrors.Duplicate($"{path}.name", name);
            }
        }

        if (container["image"].Text() is null or "")
        {
            yield return FieldErrors.Required($"{path}.image");
        }

        var ports = container["ports"].Elements();
        for (var i = 0; i < ports.Count; i++)
        {
            if (JsonNumber.From(ports[i].Get("containerPort")) is { IsInteger: true, Integer: < 1 or > 65535 } port)
            {
                yield return port.Integer == 0
                    ? FieldErrors.Required($"{path}.ports[{i}].containerPort")
                    : FieldErrors.Invalid($"{path}.ports[{i}].containerPort", port.Integer, "must be between 1 and 65535, inclusive");
            }

            if (ports[i].Get("protocol").Text() is { Length: > 0 } protocol and not ("TCP" or "UDP" or "SCTP"))
            {
                yield return FieldErrors.NotSupported($"{path}.ports[{i}].protocol", protocol, ["SCTP", "TCP", "UDP"]);
            }
        }

        if (container["imagePullPolicy"].Text() is { Length: > 0 } pull and not ("Always" or "IfNotPresent" or "Never"))
        {
            yield return FieldErrors.NotSupported($"{path}.imagePullPolicy", pull, ["Always", "IfNotPresent", "Never"]);
        }
    }

    private static bool IsLatest(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal))
        {
            return false;
        }

        var tag = image.LastIndexOf(':');
        return tag <= image.LastIndexOf('/') || image[(tag + 1)..] == "latest";
    }
}
