using System.Net;

namespace CrMonitor.ApiServer.Tests;

public sealed class PathsTests : ServerTest
{
    [Fact]
    public async Task The_root_lists_all_paths_and_so_does_the_answer_to_an_unknown_one()
    {
        var (found, root) = await GetAsync("/");
        var (unknown, answer) = await GetAsync("/nope");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (found, unknown));
        Assert.Equal(root.ToJsonString(), answer.ToJsonString());
        var paths = root["paths"]!.AsArray().Select(static p => (string)p!).ToList();
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
        Assert.Superset(new HashSet<string> { "/api", "/api/v1", "/apis", "/apis/", "/apis/apps", "/apis/apps/v1", "/healthz/ping", "/livez", "/readyz/shutdown", "/version" }, paths.ToHashSet());
    }

    [Fact]
    public async Task Who_reads_with_curl_gets_pretty_JSON()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{ConfigMaps}/a");
        request.Headers.TryAddWithoutValidation("User-Agent", "curl/8.0");

        using var response = await Client.SendAsync(request, Token);

        Assert.StartsWith("{\n  \"", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    // On the embedded server alone: an API server for custom resources serves no built-in kinds.
    [Theory]
    [InlineData("/apis/coordination.k8s.io/v1/namespaces/default/leases", """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"x"}}""", 201)]
    [InlineData("/api/v1/namespaces/default/services", """{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"ports":[{"port":80}]}}""", 201)]
    [InlineData(ConfigMaps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}""", 404)]
    public async Task An_update_of_what_is_not_there_creates_it_for_some_kinds(string path, string body, int expected)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(body)!;

        var (status, _) = await SendAsync(HttpMethod.Put, $"{path}/x", json);
        var (again, _) = await SendAsync(HttpMethod.Put, $"{path}/x", json);

        Assert.Equal(expected, (int)status);
        Assert.NotEqual(HttpStatusCode.Created, again);
    }
}
