using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.ApiServer.Tests;

public sealed class DiscoveryTests
{
    private readonly ResourceRegistry _registry = new(new FakeTimeProvider());

    public DiscoveryTests() => TestKinds.Apply(_registry, TestKinds.ThingDefinition);

    // The document that a real server answered for the same definition.
    [Fact]
    public void The_resources_of_a_version_are_those_of_a_real_server() => AssertJson(
        """
        {
          "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "schemaprobe.example.com/v1",
          "resources": [
            {
              "name": "things", "singularName": "thing", "namespaced": true, "kind": "Thing",
              "verbs": ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
              "shortNames": ["th"], "categories": ["all"], "storageVersionHash": "u2qS9j44eg0="
            },
            {"name": "things/status", "singularName": "", "namespaced": true, "kind": "Thing", "verbs": ["get", "patch", "update"]},
            {"name": "things/scale", "singularName": "", "namespaced": true, "group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"]}
          ]
        }
        """,
        Discovery.Resources(_registry.Current, "schemaprobe.example.com", "v1"));

    [Fact]
    public void A_group_names_its_versions_and_the_preferred_one() => AssertJson(
        """
        {
          "kind": "APIGroup", "apiVersion": "v1", "name": "schemaprobe.example.com",
          "versions": [{"groupVersion": "schemaprobe.example.com/v1", "version": "v1"}],
          "preferredVersion": {"groupVersion": "schemaprobe.example.com/v1", "version": "v1"}
        }
        """,
        Discovery.Group(_registry.Current, "schemaprobe.example.com"));

    [Fact]
    public void The_list_of_groups_has_all_but_the_core_group()
    {
        var groups = Discovery.Groups(_registry.Current)["groups"]!.AsArray().Select(g => (string?)g!["name"]);

        Assert.Equal(["apps", "coordination.k8s.io", "events.k8s.io", "apiextensions.k8s.io", "schemaprobe.example.com"], groups);
        Assert.Equal("""["v1"]""", Discovery.CoreVersions("127.0.0.1:80")["versions"]!.ToJsonString());
        Assert.Contains("configmaps", Discovery.Resources(_registry.Current, "", "v1")!["resources"]!.AsArray().Select(r => (string?)r!["name"]));
    }

    [Fact]
    public void What_is_not_served_has_no_document()
    {
        Assert.Null(Discovery.Group(_registry.Current, "nope.example.com"));
        Assert.Null(Discovery.Resources(_registry.Current, "schemaprobe.example.com", "v2"));
        Assert.Null(OpenApiDocuments.For(_registry.Current).Document("schemaprobe.example.com", "v2"));
    }

    [Fact]
    public void The_aggregated_document_has_groups_versions_resources_and_subresources()
    {
        var document = Discovery.Aggregated(_registry.Current, isCore: false, "v2");

        Assert.Equal("apidiscovery.k8s.io/v2", (string?)document["apiVersion"]);
        AssertJson(
            """
            {
              "metadata": {"name": "schemaprobe.example.com", "creationTimestamp": null},
              "versions": [{
                "version": "v1", "freshness": "Current",
                "resources": [{
                  "resource": "things", "responseKind": {"group": "schemaprobe.example.com", "version": "v1", "kind": "Thing"}, "scope": "Namespaced", "singularResource": "thing",
                  "verbs": ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"], "shortNames": ["th"], "categories": ["all"],
                  "subresources": [
                    {"subresource": "status", "responseKind": {"group": "schemaprobe.example.com", "version": "v1", "kind": "Thing"}, "verbs": ["get", "patch", "update"]},
                    {"subresource": "scale", "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"}, "verbs": ["get", "patch", "update"]}
                  ]
                }]
              }]
            }
            """,
            document["items"]!.AsArray().Single(g => (string?)g!["metadata"]!["name"] == "schemaprobe.example.com"));
        Assert.Single(Discovery.Aggregated(_registry.Current, isCore: true, "v2")["items"]!.AsArray());
    }

    [Fact]
    public void The_index_of_openapi_leads_to_documents_and_changes_with_them()
    {
        var before = Index()["paths"]!["apis/schemaprobe.example.com/v1"]!["serverRelativeURL"]!.ToString();
        Assert.StartsWith("/openapi/v3/apis/schemaprobe.example.com/v1?hash=", before, StringComparison.Ordinal);
        Assert.NotNull(Index()["paths"]!["api/v1"]);

        TestKinds.Apply(_registry, TestKinds.ThingDefinition.Replace("A thing.", "Another thing.", StringComparison.Ordinal));

        Assert.NotEqual(before, Index()["paths"]!["apis/schemaprobe.example.com/v1"]!["serverRelativeURL"]!.ToString());
    }

    [Fact]
    public void The_openapi_document_has_the_schema_of_a_custom_resource_and_the_parameters_of_its_verbs()
    {
        var document = Document("schemaprobe.example.com", "v1");

        var schema = document["components"]!["schemas"]!["com.example.schemaprobe.v1.Thing"]!;
        Assert.Equal("A thing.", (string?)schema["description"]);
        Assert.Equal(
            """[{"group":"schemaprobe.example.com","version":"v1","kind":"Thing"}]""", schema["x-kubernetes-group-version-kind"]!.ToJsonString());
        Assert.Equal("integer", (string?)schema["properties"]!["spec"]!["properties"]!["replicas"]!["type"]);
        Assert.Equal(
            "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
            (string?)schema["properties"]!["metadata"]!["allOf"]![0]!["$ref"]);
        var patch = document["paths"]!["/apis/schemaprobe.example.com/v1/namespaces/{namespace}/things/{name}"]!["patch"]!;
        Assert.Equal("dryRun fieldManager fieldValidation force", string.Join(' ', patch["parameters"]!.AsArray().Select(p => p!["name"])));
    }

    [Fact]
    public void Every_reference_of_a_document_leads_to_a_component()
    {
        foreach (var (group, version) in _registry.All.Select(d => (d.Group, d.Version)).Distinct())
        {
            var document = Document(group, version);
            var components = document["components"]!["schemas"]!.AsObject().Select(s => $"#/components/schemas/{s.Key}").ToHashSet();

            Assert.All(References(document), r => Assert.Contains(r, components));
        }
    }

    [Fact]
    public void A_list_that_patches_merge_by_key_says_so_to_clients()
    {
        var containers = Document("apps", "v1")["components"]!["schemas"]!["io.k8s.api.apps.v1.Deployment"]!
            ["properties"]!["spec"]!["properties"]!["template"]!["properties"]!["spec"]!["properties"]!["containers"]!;
        var finalizers =
            Document("apps", "v1")["components"]!["schemas"]!["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]!["properties"]!["finalizers"]!;

        Assert.Equal(("name", "merge"), ((string?)containers["x-kubernetes-patch-merge-key"], (string?)containers["x-kubernetes-patch-strategy"]));
        Assert.Equal((null, "merge"), ((string?)finalizers["x-kubernetes-patch-merge-key"], (string?)finalizers["x-kubernetes-patch-strategy"]));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(p => p.Key == "$ref" ? [p.Value!.ToString()] : References(p.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };

    private JsonNode Index() => JsonNode.Parse(Encoding.UTF8.GetString(OpenApiDocuments.For(_registry.Current).Index.Span))!;

    private JsonNode Document(string group, string version) =>
        JsonNode.Parse(OpenApiDocuments.For(_registry.Current).Document(group, version)!.Value.Span)!;

    private static void AssertJson(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());
}
