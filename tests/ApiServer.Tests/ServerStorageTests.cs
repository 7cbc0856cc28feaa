using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

/// <summary>Objects arranged and looked at without the API between.</summary>
public sealed class ServerStorageTests : ServerTest
{
    [Fact]
    public async Task What_is_put_is_served_as_it_is_and_seen_by_watches()
    {
        using var watch = await WatchAsync("/api/v1/namespaces/default/pods");
        var pod = (JsonObject)JsonNode.Parse(
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","generation":7,"finalizers":["x/y"],"deletionTimestamp":"2026-01-01T00:00:00Z"},"status":{"phase":"Failed"}}""")!;

        var put = Server.Storage.Put(pod);

        Assert.Equal("ADDED a", await watch.NextNameAsync());
        var (_, served) = await GetAsync("/api/v1/namespaces/default/pods/a");
        Assert.True(JsonNode.DeepEquals(put, served));
        Assert.Equal(
            ("Failed", 7, "default"),
            ((string?)served["status"]!["phase"], (int?)served["metadata"]!["generation"], (string?)served["metadata"]!["namespace"]));
        Assert.Equal(Server.Storage.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture), Version(served));
        Assert.Null(pod["metadata"]!["uid"]);
        Assert.Empty(Server.Requests.Latest(static r => r.Verb == "create"));
    }

    [Fact]
    public async Task What_is_put_again_keeps_its_identity_and_gets_a_new_version()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        var before = Server.Storage.Get("configmaps", "default", "a")!;

        var after = Server.Storage.Put(ConfigMap("a", "2"));

        Assert.Equal((string?)before["metadata"]!["uid"], (string?)after["metadata"]!["uid"]);
        Assert.Equal((string?)before["metadata"]!["creationTimestamp"], (string?)after["metadata"]!["creationTimestamp"]);
        Assert.NotEqual(Version(before), Version(after));
        Assert.Equal("2", (string?)Server.Storage.Get("configmaps", "default", "a")!["data"]!["value"]);
    }

    [Fact]
    public async Task Objects_are_counted_listed_and_removed_whatever_their_finalizers()
    {
        Server.Storage.Put(ConfigMap("b"));
        Server.Storage.Put(ConfigMap("a"));
        var other = ConfigMap("c");
        other["metadata"]!["namespace"] = "kube-system";
        other["metadata"]!["finalizers"] = new JsonArray("x/y");
        Server.Storage.Put(other);

        Assert.Equal((3, 2), (Server.Storage.Count("configmaps"), Server.Storage.Count("configmaps", "default")));
        Assert.Equal(["a", "b", "c"], Server.Storage.List("configmaps").Select(static o => (string?)o["metadata"]!["name"]));
        Assert.True(Server.Storage.Remove("configmaps", "kube-system", "c"));
        Assert.False(Server.Storage.Remove("configmaps", "kube-system", "c"));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await GetAsync("/api/v1/namespaces/kube-system/configmaps/c")).Status);
    }

    [Fact]
    public async Task A_definition_that_is_put_is_served()
    {
        Server.Storage.Put((JsonObject)JsonNode.Parse("""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"things.example.com"},
             "spec":{"group":"example.com","scope":"Namespaced","names":{"kind":"Thing","plural":"things","singular":"thing","listKind":"ThingList"},
             "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]},
             "status":{"acceptedNames":{"kind":"Thing","plural":"things","singular":"thing","listKind":"ThingList"},"storedVersions":["v1"],
             "conditions":[{"type":"NamesAccepted","status":"True"},{"type":"Established","status":"True"}]}}
            """)!);

        Server.Storage.Put((JsonObject)JsonNode.Parse("""{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"}}""")!);

        Assert.Equal(1, Server.Storage.Count("things.example.com"));
        Assert.Equal(["a"], Names((await GetAsync("/apis/example.com/v1/things")).Body));
    }

    [Fact]
    public void What_is_not_served_is_named_with_the_remedy()
    {
        Assert.Contains(
            "deployments.apps", Assert.Throws<ArgumentException>(() => Server.Storage.Count("deployments")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "CustomResourceDefinition",
            Assert.Throws<ArgumentException>(() => Server.Storage.Put(new JsonObject { ["apiVersion"] = "example.com/v1", ["kind"] = "Thing" })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "metadata.name",
            Assert.Throws<ArgumentException>(() => Server.Storage.Put(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret" })).Message,
            StringComparison.Ordinal);
    }
}
