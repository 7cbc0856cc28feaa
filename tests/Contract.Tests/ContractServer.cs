using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer;
using k8s;

namespace CrMonitor.Contract.Tests;

/// <summary>One of the two servers, started or connected to on first use and shared by all cases.</summary>
internal sealed class ContractServer
{
    public const string Json = "application/json";
    public const string MergePatch = "application/merge-patch+json";
    public const string JsonPatch = "application/json-patch+json";
    public const string ApplyPatch = "application/apply-patch+yaml";

    private static readonly Lazy<Task<ContractServer>> Embedded = new(StartEmbeddedAsync);
    private static readonly Lazy<ContractServer> Real = new(ConnectToReal);
    private readonly HttpClient _http;

    private ContractServer(HttpClient http) => _http = http;

    /// <summary>Why cases cannot run against the real server; <see langword="null"/> if they can.</summary>
    public static string? WhyRealIsMissing =>
        string.IsNullOrEmpty(RealKubeConfig) ? "CRMONITOR_TEST_KUBECONFIG names no kubeconfig of a real API server." : null;

    private static string? RealKubeConfig => Environment.GetEnvironmentVariable("CRMONITOR_TEST_KUBECONFIG");

    public static async Task<ContractServer> ForAsync(ServerUnderTest server) =>
        server == ServerUnderTest.Real ? Real.Value : await Embedded.Value;

    public Task<Answer> GetAsync(string path, string accept = Json) => SendAsync(HttpMethod.Get, path, null, null, accept);

    public Task<Answer> PostAsync(string path, string body, string contentType = Json) => SendAsync(HttpMethod.Post, path, body, contentType);

    public Task<Answer> PutAsync(string path, string body) => SendAsync(HttpMethod.Put, path, body, Json);

    public Task<Answer> PatchAsync(string path, string body, string contentType) => SendAsync(HttpMethod.Patch, path, body, contentType);

    public Task<Answer> DeleteAsync(string path, string? body = null) => SendAsync(HttpMethod.Delete, path, body, Json);

    public async Task<Answer> SendAsync(HttpMethod method, string path, string? body, string? contentType, string accept = Json)
    {
        using var request = Request(method, path, accept);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var warnings = response.Headers.TryGetValues("Warning", out var values) ? values.ToArray() : [];
        var json = response.Content.Headers.ContentType?.MediaType == Json ? JsonNode.Parse(text) as JsonObject : null;
        return new Answer((int)response.StatusCode, json ?? new JsonObject { ["text"] = text }, warnings);
    }

    /// <summary>Opens a watch and yields its events as they come. The case decides when it has seen enough.</summary>
    public async IAsyncEnumerable<JsonObject> WatchAsync(string path, string accept = Json, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        using var request = Request(HttpMethod.Get, path, accept);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        Assert.True(response.IsSuccessStatusCode, $"GET {path}: {(int)response.StatusCode}");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(deadline.Token));
        while (await reader.ReadLineAsync(deadline.Token) is { } line)
        {
            yield return (JsonObject)JsonNode.Parse(line)!;
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string accept)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("User-Agent", "contract/1.0");
        return request;
    }

    private static async Task<ContractServer> StartEmbeddedAsync()
    {
        var server = await EmbeddedApiServer.StartAsync();
        return new ContractServer(new HttpClient { BaseAddress = server.Url });
    }

    private static ContractServer ConnectToReal()
    {
        var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(RealKubeConfig));
        client.HttpClient.BaseAddress = client.BaseUri;
        return new ContractServer(client.HttpClient);
    }
}
