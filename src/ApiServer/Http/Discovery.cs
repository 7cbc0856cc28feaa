using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Http;

/// <summary>
/// What clients read to learn which resources there are: the classic documents (<c>/api</c>, <c>/apis</c> and below) and the aggregated one.
/// Pure functions of a snapshot.
/// </summary>
internal static class Discovery
{
    private static readonly string[] CustomVerbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

    private static readonly string[] BuiltInVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    private static readonly string[] SubresourceVerbs = ["get", "patch", "update"];

    /// <summary><c>/api</c>: the versions of the core group.</summary>
    /// <param name="address">Host and port by which clients reach the server.</param>
    public static JsonObject CoreVersions(string address) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = address }),
    };

    /// <summary><c>/apis</c>: all groups but the core one.</summary>
    public static JsonObject Groups(RegistrySnapshot snapshot) => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. GroupNames(snapshot).Where(g => g.Length > 0).Select(g => GroupBody(snapshot, g, new JsonObject()))]),
    };

    /// <summary><c>/apis/GROUP</c>; <see langword="null"/> where there is no such group.</summary>
    public static JsonObject? Group(RegistrySnapshot snapshot, string group) => GroupNames(snapshot).Contains(group)
        ? GroupBody(snapshot, group, new JsonObject { ["kind"] = "APIGroup", ["apiVersion"] = "v1" })
        : null;

    /// <summary><c>/api/v1</c> and <c>/apis/GROUP/VERSION</c>; <see langword="null"/> where there is no such version.</summary>
    public static JsonObject? Resources(RegistrySnapshot snapshot, string group, string version)
    {
        var definitions = Definitions(snapshot, group, version);
        if (definitions.Count == 0)
        {
            return null;
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = definitions[0].ApiVersion,
            ["resources"] = new JsonArray([.. definitions.SelectMany(ResourceEntries)]),
        };
    }

    /// <summary>The aggregated document of <c>/api</c> (the core group) or of <c>/apis</c> (all others).</summary>
    /// <param name="snapshot">What is served.</param>
    /// <param name="isCore">Whether <c>/api</c> was asked.</param>
    /// <param name="version"><c>v2</c> or <c>v2beta1</c>, as the client asked.</param>
    public static JsonObject Aggregated(RegistrySnapshot snapshot, bool isCore, string version) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = $"apidiscovery.k8s.io/{version}",
        ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray([.. GroupNames(snapshot).Where(g => (g.Length == 0) == isCore).Select(g => AggregatedGroup(snapshot, g))]),
    };

    private static List<string> GroupNames(RegistrySnapshot snapshot) => [.. snapshot.All.Select(d => d.Group).Distinct()];

    private static List<ResourceDefinition> Definitions(RegistrySnapshot snapshot, string group, string version) =>
        [.. snapshot.All.Where(d => d.Group == group && d.Version == version).OrderBy(d => d.Plural, StringComparer.Ordinal)];

    // The preferred version first.
    private static List<string> Versions(RegistrySnapshot snapshot, string group)
    {
        var versions = snapshot.All.Where(d => d.Group == group).Select(d => d.Version).Distinct().ToList();
        versions.Sort(KubernetesVersion.Compare);
        return versions;
    }

    private static JsonObject GroupBody(RegistrySnapshot snapshot, string group, JsonObject result)
    {
        var versions = Versions(snapshot, group);
        result["name"] = group;
        result["versions"] = new JsonArray([.. versions.Select(v => Entry(v))]);
        result["preferredVersion"] = Entry(versions[0]);
        return result;

        JsonObject Entry(string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
    }

    private static IEnumerable<JsonNode> ResourceEntries(ResourceDefinition definition)
    {
        var entry = new JsonObject
        {
            ["name"] = definition.Plural,
            ["singularName"] = definition.Singular,
            ["namespaced"] = definition.IsNamespaced,
            ["kind"] = definition.Kind,
            ["verbs"] = Strings(Verbs(definition)),
        };
        AddNames(entry, definition);
        entry["storageVersionHash"] = StorageVersionHash(definition);
        yield return entry;
        if (definition.HasStatus)
        {
            yield return new JsonObject
            {
                ["name"] = $"{definition.Plural}/status",
                ["singularName"] = "",
                ["namespaced"] = definition.IsNamespaced,
                ["kind"] = definition.Kind,
                ["verbs"] = Strings(SubresourceVerbs),
            };
        }

        if (definition.Scale is not null)
        {
            yield return new JsonObject
            {
                ["name"] = $"{definition.Plural}/scale",
                ["singularName"] = "",
                ["namespaced"] = definition.IsNamespaced,
                ["group"] = "autoscaling",
                ["version"] = "v1",
                ["kind"] = "Scale",
                ["verbs"] = Strings(SubresourceVerbs),
            };
        }
    }

    private static JsonObject AggregatedGroup(RegistrySnapshot snapshot, string group)
    {
        var metadata = new JsonObject { ["creationTimestamp"] = null };
        if (group.Length > 0)
        {
            metadata["name"] = group;
        }

        return new JsonObject
        {
            ["metadata"] = metadata,
            ["versions"] = new JsonArray([.. Versions(snapshot, group).Select(v => new JsonObject
            {
                ["version"] = v,
                ["resources"] = new JsonArray([.. Definitions(snapshot, group, v).Select(AggregatedResource)]),
                ["freshness"] = "Current",
            })]),
        };
    }

    private static JsonObject AggregatedResource(ResourceDefinition definition)
    {
        var kind = GroupVersionKind(definition.Group, definition.Version, definition.Kind);
        var result = new JsonObject
        {
            ["resource"] = definition.Plural,
            ["responseKind"] = kind.DeepClone(),
            ["scope"] = definition.IsNamespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = definition.Singular,
            ["verbs"] = Strings(Verbs(definition)),
        };
        AddNames(result, definition);
        var subresources = new JsonArray();
        if (definition.HasStatus)
        {
            subresources.Add((JsonNode)Subresource("status", kind));
        }

        if (definition.Scale is not null)
        {
            subresources.Add((JsonNode)Subresource("scale", GroupVersionKind("autoscaling", "v1", "Scale")));
        }

        if (subresources.Count > 0)
        {
            result["subresources"] = subresources;
        }

        return result;
    }

    private static JsonObject Subresource(string name, JsonObject kind) => new JsonObject
    {
        ["subresource"] = name,
        ["responseKind"] = kind,
        ["verbs"] = Strings(SubresourceVerbs),
    };

    private static JsonObject GroupVersionKind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static void AddNames(JsonObject entry, ResourceDefinition definition)
    {
        if (definition.ShortNames.Count > 0)
        {
            entry["shortNames"] = Strings(definition.ShortNames);
        }

        if (definition.Categories.Count > 0)
        {
            entry["categories"] = Strings(definition.Categories);
        }
    }

    private static string[] Verbs(ResourceDefinition definition) => definition.Strategy is CustomResourceStrategy ? CustomVerbs : BuiltInVerbs;

    private static string StorageVersionHash(ResourceDefinition definition) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes($"{definition.StorageApiVersion}/{definition.Kind}")).AsSpan(0, 8));

    private static JsonArray Strings(IEnumerable<string> values) => [.. values.Select(static v => (JsonNode?)v)];
}
