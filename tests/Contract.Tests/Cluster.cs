using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.Tests;

namespace CrMonitor.Contract.Tests;

/// <summary>One of the servers.</summary>
public sealed class Cluster : IAsyncDisposable
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private readonly HttpClient _client;
    private readonly List<string> _definitions = [];

    internal Cluster(ServerKind kind, HttpClient client)
    {
        Kind = kind;
        _client = client;
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("contract/1");
    }

    public ServerKind Kind { get; }

    /// <summary>The API group of this run, so that two runs against one server do not meet.</summary>
    public string Group { get; } = $"g{Guid.NewGuid():N}"[..12] + ".example.com";

    public string ApiVersion => $"{Group}/v1";

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? body = null, string contentType = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };
        }

        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return await ReadAsync(response);
    }

    /// <summary>Sends a request as it is.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _client.SendAsync(request, TestContext.Current.CancellationToken);

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string[] warnings = response.Headers.TryGetValues("Warning", out var values) ? [.. values] : [];
        var json = response.Content.Headers.ContentType?.MediaType == "application/json"
            ? JsonNode.Parse(text)!.AsObject()
            : new JsonObject { ["text"] = text };
        return new Answer((int)response.StatusCode, json, warnings);
    }

    /// <summary>Opens a watch.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, string? accept = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>A namespace of its own for a case, where a server knows of namespaces.</summary>
    public async Task<string> NewNamespaceAsync()
    {
        var name = $"ns-{Guid.NewGuid():N}"[..15];
        if (Kind == ServerKind.Embedded)
        {
            (await SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{name}}}"}}""")).Succeeds(201);
        }

        return name;
    }

    /// <summary>Creates a definition, and returns when its resources are served and told of.</summary>
    public async Task<Answer> InstallAsync(string definition, string collection)
    {
        var created = await SendAsync(HttpMethod.Post, Definitions, definition);
        if (created.Status != 201)
        {
            return created;
        }

        _definitions.Add((string)created.Metadata["name"]!);
        await Eventually.TrueAsync(async () => (await SendAsync(HttpMethod.Get, collection)).Status == 200, $"{collection} is served");

        // Discovery follows by itself, on a real server sometimes after the resource can be had.
        var end = collection.LastIndexOf('/');
        await Eventually.TrueAsync(
            async () => (await SendAsync(HttpMethod.Get, collection[..end])).Body["resources"] is JsonArray resources
                && resources.Any(resource => (string?)resource!["name"] == collection[(end + 1)..]),
            $"{collection} is discovered");
        return created;
    }

    /// <summary>Returns when lists and watches show this version also where they promise no recent state (a version of "0" or "1").</summary>
    public Task CatchUpAsync(string collection, string version) =>
        Eventually.TrueAsync(
            async () =>
            {
                // A loaded server may lose patience with itself (504) before its cache has the version.
                var list = await SendAsync(HttpMethod.Get, $"{collection}?resourceVersion={version}&resourceVersionMatch=NotOlderThan");
                return list.Status == 504 ? false : list.Succeeds().Status == 200;
            },
            $"{collection} has version {version}");

    public Task InstallWidgetsAsync() => InstallAsync(Widgets.Definition(Group), $"/apis/{Group}/v1/widgets");

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _definitions)
        {
            // Not by SendAsync: the run may have been cancelled, and is to leave nothing behind all the same.
            using var _ = await _client.DeleteAsync(new Uri($"{Definitions}/{name}", UriKind.Relative));
            await ReleaseAsync(name);
        }

        _client.Dispose();
    }

    // What has finalizers would keep its definition from going, since nobody is left who knows them.
    private async Task ReleaseAsync(string definition)
    {
        var dot = definition.IndexOf('.', StringComparison.Ordinal);
        var api = $"/apis/{definition[(dot + 1)..]}/v1";
        var plural = definition[..dot];
        using var response = await _client.GetAsync(new Uri($"{api}/{plural}", UriKind.Relative));
        if (!response.IsSuccessStatusCode)
        {
            return;
        }

        foreach (var item in JsonNode.Parse(await response.Content.ReadAsStringAsync())!["items"]!.AsArray())
        {
            var metadata = item!["metadata"]!;
            if (metadata["finalizers"] is null)
            {
                continue;
            }

            using var patch = new StringContent("""[{"op":"remove","path":"/metadata/finalizers"}]""", Encoding.UTF8, "application/json-patch+json");
            using var _ = await _client.PatchAsync(
                new Uri($"{api}/namespaces/{metadata["namespace"]}/{plural}/{metadata["name"]}", UriKind.Relative), patch);
        }
    }
}
