using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What <c>kubectl get pods</c> shows.</summary>
internal static class PodColumns
{
    public static IReadOnlyList<PrinterColumn> All { get; } =
    [
        CommonColumns.Name,
        new("Ready", "string", "", Description: "The aggregate readiness state of this pod for accepting traffic.") { Cell = (obj, _) => Ready(obj) },
        new("Status", "string", "", Description: "The aggregate status of the containers in this pod.") { Cell = (obj, _) => Status(obj) },
        new(
            "Restarts", "string", "",
            Description: "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.")
        {
            Cell = (obj, _) => FormattableString.Invariant($"{ContainerStatuses(obj).Sum(c => DeploymentColumns.Count(c, "restartCount"))}"),
        },
        CommonColumns.Age,
        new("IP", "string", "", Description: "IP address allocated to the pod.", Priority: 1) { Cell = (obj, _) => Text(obj["status"].Get("podIP")) },
        new("Node", "string", "", Description: "NodeName indicates in which node this pod is scheduled.", Priority: 1) { Cell = (obj, _) => Text(obj["spec"].Get("nodeName")) },
        new("Nominated Node", "string", "", Description: "Node that is expected to run this pod once its resources are available.", Priority: 1)
        {
            Cell = (obj, _) => Text(obj["status"].Get("nominatedNodeName")),
        },
        new("Readiness Gates", "string", "", Description: "Pod readiness gates.", Priority: 1) { Cell = (obj, _) => ReadinessGates(obj) },
    ];

    private static string Ready(JsonObject pod)
    {
        var ready = ContainerStatuses(pod).Count(c => c["ready"].IsTrue());
        return FormattableString.Invariant($"{ready}/{(pod["spec"].Get("containers") as JsonArray)?.Count ?? 0}");
    }

    // A container's reason says more than the phase: CrashLoopBackOff, Completed.
    private static string Status(JsonObject pod)
    {
        if (pod["metadata"].Get("deletionTimestamp") is not null)
        {
            return "Terminating";
        }

        var reason = pod["status"].Get("reason").Text() ?? pod["status"].Get("phase").Text() ?? "";
        foreach (var status in ContainerStatuses(pod))
        {
            var state = status["state"] as JsonObject;
            if ((state.Get("waiting").Get("reason") ?? state.Get("terminated").Get("reason")).Text() is { Length: > 0 } detail)
            {
                reason = detail;
            }
        }

        return reason;
    }

    private static string ReadinessGates(JsonObject pod)
    {
        if (pod["spec"].Get("readinessGates") is not JsonArray { Count: > 0 } gates)
        {
            return "<none>";
        }

        var conditions = pod["status"].Get("conditions").Elements();
        var met = gates.Count(g => conditions.Any(c => c.Get("type").Text() == g.Get("conditionType").Text() && c.Get("status").Text() == "True"));
        return FormattableString.Invariant($"{met}/{gates.Count}");
    }

    private static IEnumerable<JsonObject> ContainerStatuses(JsonObject pod) =>
        pod["status"].Get("containerStatuses").Elements().OfType<JsonObject>();

    private static string Text(JsonNode? node) => node.Text() is { Length: > 0 } text ? text : "<none>";
}
