using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What <c>kubectl get deployments</c> shows.</summary>
internal static class DeploymentColumns
{
    public static IReadOnlyList<PrinterColumn> All { get; } =
    [
        CommonColumns.Name,
        new("Ready", "string", "", Description: "Number of the pod with ready state")
        {
            Cell = (obj, _) => $"{Count(obj["status"], "readyReplicas")}/{Count(obj["spec"], "replicas")}",
        },
        new(
            "Up-to-date", "string", "",
            Description: "Total number of non-terminated pods targeted by this deployment that have the desired template spec.")
        {
            Cell = (obj, _) => Count(obj["status"], "updatedReplicas"),
        },
        new(
            "Available", "string", "",
            Description: "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.")
        {
            Cell = (obj, _) => Count(obj["status"], "availableReplicas"),
        },
        CommonColumns.Age,
        .. PodTemplateColumns(),
    ];

    /// <summary>The wide columns of all kinds that have a pod template and a label selector.</summary>
    public static IReadOnlyList<PrinterColumn> PodTemplateColumns() =>
    [
        new("Containers", "string", "", Description: "Names of each container in the template.", Priority: 1) { Cell = (obj, _) => Containers(obj, "name") },
        new("Images", "string", "", Description: "Images referenced by each container in the template.", Priority: 1) { Cell = (obj, _) => Containers(obj, "image") },
        new("Selector", "string", "", Description: "Label selector for pods.", Priority: 1) { Cell = (obj, _) => LabelSelectors.Format(obj["spec"].Get("selector")) },
    ];

    public static long Count(JsonNode? parent, string field) => Schema.JsonNumber.From(parent.Get(field))?.Integer ?? 0;

    private static string Containers(JsonObject obj, string field) => string.Join(
        ",",
        obj["spec"].Get("template").Get("spec").Get("containers").Elements().Select(c => c.Get(field).Text() ?? ""));
}
