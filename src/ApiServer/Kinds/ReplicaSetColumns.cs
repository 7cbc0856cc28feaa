namespace CrMonitor.ApiServer.Kinds;

/// <summary>What <c>kubectl get replicasets</c> shows.</summary>
internal static class ReplicaSetColumns
{
    public static IReadOnlyList<PrinterColumn> All { get; } =
    [
        CommonColumns.Name,
        new("Desired", "integer", "", Description: "Number of desired pods.") { Cell = (obj, _) => DeploymentColumns.Count(obj["spec"], "replicas") },
        new("Current", "integer", "", Description: "Most recently observed number of non-terminating pods.") { Cell = (obj, _) => DeploymentColumns.Count(obj["status"], "replicas") },
        new("Ready", "integer", "", Description: "Number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.")
        {
            Cell = (obj, _) => DeploymentColumns.Count(obj["status"], "readyReplicas"),
        },
        CommonColumns.Age,
        .. DeploymentColumns.PodTemplateColumns(),
    ];
}
