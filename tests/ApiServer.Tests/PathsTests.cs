using System.Net;
using System.Text.Json.Nodes;

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
        HashSet<string> expected =
            ["/api", "/api/v1", "/apis", "/apis/", "/apis/apps", "/apis/apps/v1", "/healthz/ping", "/livez", "/readyz/shutdown", "/version"];
        Assert.Superset(expected, paths.ToHashSet());
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

    [Fact]
    public async Task The_older_OpenAPI_document_has_all_kinds_and_refers_to_what_it_has()
    {
        var (status, document) = await GetAsync("/openapi/v2");

        Assert.Equal((HttpStatusCode.OK, "2.0"), (status, (string?)document["swagger"]));
        var definitions = document["definitions"]!.AsObject();
        var metadata = definitions["io.k8s.api.apps.v1.Deployment"]!["properties"]!["metadata"]!;
        Assert.Equal("#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", (string?)metadata["$ref"]);
        Assert.All(References(document), r => Assert.True(definitions.ContainsKey(r["#/definitions/".Length..]), r));
        var create = document["paths"]!["/api/v1/namespaces/{namespace}/configmaps"]!["post"]!;
        Assert.Equal("#/definitions/io.k8s.api.core.v1.ConfigMap", (string?)create["responses"]!["200"]!["schema"]!["$ref"]);
        Assert.Equal("dryRun string", $"{create["parameters"]![0]!["name"]} {create["parameters"]![0]!["type"]}");
    }

    [Fact]
    public async Task The_older_OpenAPI_document_cannot_be_had_in_protobuf()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v2");
        request.Headers.TryAddWithoutValidation("Accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");

        using var response = await Client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
    }

    // On the embedded server alone: an API server for custom resources serves no built-in kinds.
    [Theory]
    [InlineData(
        "/apis/coordination.k8s.io/v1/namespaces/default/leases",
        """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"x"}}""",
        201)]
    [InlineData(
        "/api/v1/namespaces/default/services",
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"ports":[{"port":80}]}}""",
        201)]
    [InlineData(ConfigMaps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}""", 404)]
    public async Task An_update_of_what_is_not_there_creates_it_for_some_kinds(string path, string body, int expected)
    {
        var json = JsonNode.Parse(body)!;

        var (status, _) = await SendAsync(HttpMethod.Put, $"{path}/x", json);
        var (again, _) = await SendAsync(HttpMethod.Put, $"{path}/x", json);

        Assert.Equal(expected, (int)status);
        Assert.NotEqual(HttpStatusCode.Created, again);
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(static p => p is { Key: "$ref", Value: JsonValue reference } ? [reference.ToString()] : References(p.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };
}
