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
}
