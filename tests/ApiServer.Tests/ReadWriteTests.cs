using System.Net;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

public sealed class ReadWriteTests : ServerTest
{
    [Fact]
    public async Task A_created_object_gets_its_system_fields_and_can_be_read()
    {
        var (status, created) = await CreateAsync(ConfigMaps, ConfigMap("a"));

        Assert.Equal(HttpStatusCode.Created, status);
        var metadata = created["metadata"]!;
        Assert.True(Guid.TryParse((string?)metadata["uid"], out _));
        Assert.Equal("2026-03-01T12:00:00Z", (string?)metadata["creationTimestamp"]);
        Assert.Equal("default", (string?)metadata["namespace"]);
        var (_, read) = await GetAsync($"{ConfigMaps}/a");
        Assert.True(JsonNode.DeepEquals(created, read), read.ToString());
    }

    [Fact]
    public async Task A_socket_serves_what_the_handler_serves()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));

        using var client = new HttpClient { BaseAddress = Server.Url };
        var text = await client.GetStringAsync(new Uri($"{ConfigMaps}/a", UriKind.Relative), Token);

        Assert.Equal("a", (string?)JsonNode.Parse(text)!["metadata"]!["name"]);
    }

    [Fact]
    public async Task A_namespace_is_created_and_holds_objects()
    {
        var (status, _) = await CreateAsync(
            "/api/v1/namespaces", new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = "other" } });
        var (inside, _) = await CreateAsync("/api/v1/namespaces/other/configmaps", ConfigMap("a"));
        var (outside, missing) = await CreateAsync("/api/v1/namespaces/missing/configmaps", ConfigMap("a"));

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created, HttpStatusCode.NotFound), (status, inside, outside));
        Assert.Equal("namespaces \"missing\" not found", (string?)missing["message"]);
    }

    [Fact]
    public async Task A_built_in_kind_may_be_updated_without_a_version()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));

        var (status, updated) = await SendAsync(HttpMethod.Put, $"{ConfigMaps}/a", ConfigMap("a", "2"));

        Assert.Equal((HttpStatusCode.OK, "2"), (status, (string?)updated["data"]!["value"]));
        Assert.Null(updated["metadata"]!["generation"]);
    }

    [Fact]
    public async Task Concurrent_patches_are_all_done()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(
            () => MergeAsync($"{ConfigMaps}/a", new JsonObject { ["data"] = new JsonObject { [$"k{i}"] = "v" } }), Token)));

        Assert.All(answers, static a => Assert.Equal(HttpStatusCode.OK, a.Status));
        var (_, read) = await GetAsync($"{ConfigMaps}/a");
        Assert.Equal(51, read["data"]!.AsObject().Count);
    }

    [Fact]
    public async Task A_namespace_that_is_going_away_takes_no_new_objects()
    {
        await CreateAsync(
            "/api/v1/namespaces", new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = "other" } });
        var held = ConfigMap("held");
        held["metadata"]!["finalizers"] = new JsonArray("example.com/f");
        await CreateAsync("/api/v1/namespaces/other/configmaps", held);
        await SendAsync(HttpMethod.Delete, "/api/v1/namespaces/other");

        var (status, body) = await CreateAsync("/api/v1/namespaces/other/configmaps", ConfigMap("a"));

        Assert.Equal((HttpStatusCode.Forbidden, "Forbidden"), (status, (string?)body["reason"]));
        Assert.Equal(
            "configmaps \"a\" is forbidden: unable to create new content in namespace other because it is being terminated",
            (string?)body["message"]);
    }
}
