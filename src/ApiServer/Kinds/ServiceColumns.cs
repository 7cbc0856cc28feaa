using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What <c>kubectl get services</c> shows.</summary>
internal static class ServiceColumns
{
    public static IReadOnlyList<PrinterColumn> All { get; } =
    [
        CommonColumns.Name,
        new("Type", "string", "", Description: "Type determines how the Service is exposed.") { Cell = (obj, _) => obj["spec"].Get("type").Text() ?? "" },
        new("Cluster-IP", "string", "", Description: "ClusterIP is the IP address of the service.") { Cell = (obj, _) => obj["spec"].Get("clusterIP").Text() ?? "<none>" },
        new(
            "External-IP", "string", "",
            Description: "ExternalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.")
        {
            Cell = (obj, _) => ExternalIp(obj),
        },
        new("Port(s)", "string", "", Description: "The list of ports that are exposed by this service.") { Cell = (obj, _) => Ports(obj) },
        CommonColumns.Age,
        new("Selector", "string", "", Description: "Route service traffic to pods with label keys and values matching this selector.", Priority: 1)
        {
            Cell = (obj, _) => LabelSelectors.FormatLabels(obj["spec"].Get("selector")),
        },
    ];

    private static string ExternalIp(JsonObject service)
    {
        if (service["spec"].Get("type").Text() == "ExternalName")
        {
            return service["spec"].Get("externalName").Text() ?? "<none>";
        }

        var ingress = service["status"].Get("loadBalancer").Get("ingress").Elements().Select(
            i => i.Get("ip").Text() ?? i.Get("hostname").Text() ?? "");
        var addresses = string.Join(",", ingress.Concat(service["spec"].Get("externalIPs").Elements().Select(i => i.Text() ?? "")));
        return addresses.Length > 0 ? addresses : service["spec"].Get("type").Text() == "LoadBalancer" ? "<pending>" : "<none>";
    }

    private static string Ports(JsonObject service)
    {
        if (service["spec"].Get("ports") is not JsonArray { Count: > 0 } ports)
        {
            return "<none>";
        }

        return string.Join(",", ports.OfType<JsonObject>().Select(p =>
        {
            var nodePort = DeploymentColumns.Count(p, "nodePort");
            var protocol = p["protocol"].Text() ?? "TCP";
            var port = DeploymentColumns.Count(p, "port");
            return nodePort > 0 ? FormattableString.Invariant($"{port}:{nodePort}/{protocol}") : FormattableString.Invariant($"{port}/{protocol}");
        }));
    }
}
