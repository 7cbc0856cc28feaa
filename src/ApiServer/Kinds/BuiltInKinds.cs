using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>The kinds that are served without a CustomResourceDefinition.</summary>
internal static class BuiltInKinds
{
    private static readonly string[] ReferenceFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

    public static IReadOnlyList<ResourceDefinition> Create(ResourceRegistry registry, TimeProvider timeProvider)
    {
        var core = new ResourceStrategy();
        return
        [
            Define("", "v1", "ConfigMap", "configmaps", "configMap", new ConfigMapStrategy()) with { ShortNames = ["cm"], PrinterColumns = ConfigMapColumns() },
            Define("", "v1", "Event", "events", "coreEvent", new EventStrategy()) with
            {
                ShortNames = ["ev"],
                PrinterColumns = EventColumns.All,
                SelectableFields = EventSelectors("involvedObject", "reportingComponent"),
            },
            Define("", "v1", "Namespace", "namespaces", "namespace", new NamespaceStrategy()) with
            {
                ShortNames = ["ns"],
                IsNamespaced = false,
                HasStatus = true,
                PrinterColumns = [CommonColumns.Name, new("Status", "string", ".status.phase"), CommonColumns.Age],
                SelectableFields = [new("status.phase")],
            },
            Define("", "v1", "Pod", "pods", "pod", new PodStrategy()) with
            {
                ShortNames = ["po"],
                Categories = ["all"],
                HasStatus = true,
                PrinterColumns = PodColumns.All,
                SelectableFields =
                [
                    new("spec.nodeName"), new("spec.restartPolicy"), new("spec.schedulerName"), new("spec.serviceAccountName"), new("spec.hostNetwork"),
                    new("status.phase"), new("status.podIP"), new("status.nominatedNodeName"),
                ],
            },
            Define("", "v1", "Secret", "secrets", "secret", new SecretStrategy()) with
            {
                PrinterColumns =
                [
                    CommonColumns.Name,
                    new("Type", "string", ".type"),
                    new("Data", "string", ".data") { Cell = (obj, _) => Count(obj["data"]) },
                    CommonColumns.Age,
                ],
                SelectableFields = [new("type")],
            },
            Define("", "v1", "Service", "services", "service", new ServiceStrategy()) with
            {
                ShortNames = ["svc"],
                Categories = ["all"],
                HasStatus = true,
                PrinterColumns = ServiceColumns.All,
                SelectableFields = [new("spec.clusterIP"), new("spec.type")],
            },
            Define("", "v1", "ServiceAccount", "serviceaccounts", "serviceAccount", core) with
            {
                ShortNames = ["sa"],
                PrinterColumns =
                    [CommonColumns.Name, new("Secrets", "string", ".secrets") { Cell = (obj, _) => Count(obj["secrets"]) }, CommonColumns.Age],
            },
            Define("apps", "v1", "Deployment", "deployments", "deployment", new DeploymentStrategy()) with
            {
                ShortNames = ["deploy"],
                Categories = ["all"],
                HasStatus = true,
                Scale = new ScaleSubresource(".spec.replicas", ".status.replicas", null),
                PrinterColumns = DeploymentColumns.All,
            },
            Define("apps", "v1", "ReplicaSet", "replicasets", "replicaSet", new ReplicaSetStrategy()) with
            {
                ShortNames = ["rs"],
                Categories = ["all"],
                HasStatus = true,
                Scale = new ScaleSubresource(".spec.replicas", ".status.replicas", null),
                PrinterColumns = ReplicaSetColumns.All,
                SelectableFields = [new("status.replicas")],
            },
            Define("coordination.k8s.io", "v1", "Lease", "leases", "lease", new LeaseStrategy()) with
            {
                PrinterColumns = [CommonColumns.Name, new("Holder", "string", ".spec.holderIdentity"), CommonColumns.Age],
            },
            Define("events.k8s.io", "v1", "Event", "events", "event", new EventsV1Strategy()) with
            {
                ShortNames = ["ev"],
                StoredAs = "events",
                StorageApiVersion = "v1",
                PrinterColumns = EventColumns.All,
                SelectableFields = EventSelectors("regarding", "reportingController"),
            },
            Define("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", "customResourceDefinition",
                new CustomResourceDefinitionStrategy(registry, timeProvider)) with
            {
                ShortNames = ["crd", "crds"],
                Categories = ["api-extensions"],
                IsNamespaced = false,
                HasStatus = true,
                PrinterColumns = [CommonColumns.Name, CommonColumns.CreatedAt],
            },
        ];
    }

    private static PrinterColumn[] ConfigMapColumns() =>
    [
        CommonColumns.Name,
        new("Data", "string", ".data") { Cell = (obj, _) => Count(obj["data"]) + Count(obj["binaryData"]) },
        CommonColumns.Age,
    ];

    private static int Count(JsonNode? node) => node switch { JsonObject obj => obj.Count, JsonArray array => array.Count, _ => 0 };

    // Events are stored in the form of the core group, so their fields are looked up there under either name.
    private static SelectableField[] EventSelectors(string regarding, string controller) =>
    [
        .. ReferenceFields.Select(f => new SelectableField($"{regarding}.{f}", ["involvedObject", f])),
        new("reason"),
        new(controller, ["reportingComponent"]),
        new("source", ["source", "component"]),
        new("type"),
    ];

    private static ResourceDefinition Define(string group, string version, string kind, string plural, string schemaName, ResourceStrategy strategy)
    {
        var (source, schema) = BuiltInSchemas.Get(schemaName);
        return new ResourceDefinition
        {
            Group = group,
            Version = version,
            Kind = kind,
            ListKind = kind + "List",
            Plural = plural,
            Singular = string.Create(kind.Length, kind, (span, text) => text.AsSpan().ToLowerInvariant(span)),
            IsNamespaced = true,
            Schema = schema,
            SchemaSource = source,
            Strategy = strategy,
            StorageApiVersion = group.Length == 0 ? version : $"{group}/{version}",
        };
    }
}
