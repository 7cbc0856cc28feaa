using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.ApiServer.Tests;

/// <summary>A server for each test, with a clock that stands still, and a client without a socket.</summary>
public abstract class ServerTest : IAsyncLifetime
{
    protected const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    protected EmbeddedApiServer Server { get; private set; } = null!;

    protected HttpClient Client { get; private set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Server = await EmbeddedApiServer.StartAsync(Options(), Token);
        Client = new HttpClient(Server.CreateHandler()) { BaseAddress = Server.Url };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual EmbeddedApiServerOptions Options() => new() { TimeProvider = Time };

    protected static JsonObject ConfigMap(string name, string value = "1", params (string Key, string Value)[] labels)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (labels.Length > 0)
        {
            metadata["labels"] = new JsonObject(labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value)));
        }

        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = metadata, ["data"] = new JsonObject { ["value"] = value } };
    }

    protected Task<(HttpStatusCode Status, JsonObject Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    protected Task<(HttpStatusCode Status, JsonObject Body)> CreateAsync(string path, JsonObject obj) => SendAsync(HttpMethod.Post, path, obj);

    protected async Task<(HttpStatusCode Status, JsonObject Body)> SendAsync(
        HttpMethod method, string path, JsonNode? body = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, MediaTypeHeaderValue.Parse(contentType));
        }

        using var response = await Client.SendAsync(request, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        return (response.StatusCode, JsonNode.Parse(text)!.AsObject());
    }

    protected Task<(HttpStatusCode Status, JsonObject Body)> MergeAsync(string path, JsonObject patch) =>
        SendAsync(HttpMethod.Patch, path, patch, "application/merge-patch+json");

    /// <summary>Opens a watch; the answer's headers are there when this returns.</summary>
    protected Task<TestWatch> WatchAsync(string path, string query = "") => TestWatch.OpenAsync(Client, $"{path}?watch=true{query}", Token);

    protected static string Version(JsonObject obj) => (string)obj["metadata"]!["resourceVersion"]!;

    protected static string[] Names(JsonObject list) => [.. list["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!)];
}
