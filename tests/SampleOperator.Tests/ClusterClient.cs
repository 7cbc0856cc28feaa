using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.Informers;
using CrMonitor.Tests;

namespace CrMonitor.SampleOperator.Tests;

/// <summary>What a person or another program does at the API server, in plain JSON.</summary>
internal sealed class ClusterClient(IKubeTransport transport)
{
    public const string Manager = "somebody";

    public static string ApplicationPath(string name, string ns = "default") => $"/apis/example.com/v1/namespaces/{ns}/applications/{name}";

    public static string DeploymentPath(string name, string ns = "default") => $"/apis/apps/v1/namespaces/{ns}/deployments/{name}";

    public async Task<JsonObject?> GetAsync(string path)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path, null, null);
        return status == HttpStatusCode.NotFound ? null : Succeeded(status, body);
    }

    public Task<JsonObject?> GetApplicationAsync(string name, string ns = "default") => GetAsync(ApplicationPath(name, ns));

    public Task<JsonObject?> GetDeploymentAsync(string name, string ns = "default") => GetAsync(DeploymentPath(name, ns));

    public async Task<JsonObject> CreateApplicationAsync(
        string name, int replicas = 2, string image = "nginx:1.27", string ns = "default", string ports = "[80]")
    {
        var (status, body) = await SendAsync(HttpMethod.Post, $"/apis/example.com/v1/namespaces/{ns}/applications", "application/json", $$"""
            {
              "apiVersion": "example.com/v1", "kind": "Application", "metadata": { "name": "{{name}}" },
              "spec": { "image": "{{image}}", "replicas": {{replicas}}, "ports": {{ports}} }
            }
            """);
        return Succeeded(status, body);
    }

    public async Task<JsonObject> CreateDeploymentAsync(string name, string image = "theirs:1")
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "/apis/apps/v1/namespaces/default/deployments", "application/json", $$"""
            {
              "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "{{name}}" },
              "spec": {
                "replicas": 1,
                "selector": { "matchLabels": { "run": "theirs" } },
                "template": { "metadata": { "labels": { "run": "theirs" } }, "spec": { "containers": [ { "name": "theirs", "image": "{{image}}" } ] } }
              }
            }
            """);
        return Succeeded(status, body);
    }

    public async Task<JsonObject> PatchAsync(string path, string patch, string contentType = "application/merge-patch+json")
    {
        var (status, body) = await SendAsync(HttpMethod.Patch, path, contentType, patch);
        return Succeeded(status, body);
    }

    public async Task DeleteAsync(string path)
    {
        var (status, body) = await SendAsync(HttpMethod.Delete, path, null, null);
        Succeeded(status, body);
    }

    /// <summary>The condition of an Application as <c>status/reason</c>, such as <c>True/DeploymentReady</c>; empty if there is none.</summary>
    public async Task<string> ConditionAsync(string application, string type = "Ready", string ns = "default") =>
        Condition(await GetApplicationAsync(application, ns), type) is { } condition ? $"{condition["status"]}/{condition["reason"]}" : "";

    public static JsonObject? Condition(JsonObject? application, string type) =>
        (application?["status"]?["conditions"] as JsonArray)?.OfType<JsonObject>().SingleOrDefault(condition => (string?)condition["type"] == type);

    /// <summary>Waits until the condition Ready of an Application is as expected; the failure shows what it was.</summary>
    public async Task WaitForReadyAsync(string application, string expected = "True/DeploymentReady", string ns = "default")
    {
        var last = "";
        try
        {
            await Eventually.TrueAsync(
                async () => (last = await ConditionAsync(application, ns: ns)) == expected, $"{application} is {expected}");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Assert.Fail($"{application} is '{last}', not {expected}: {(await GetApplicationAsync(application, ns))?.ToJsonString()}");
        }
    }

    public Task WaitUntilGoneAsync(string path) =>
        Eventually.TrueAsync(async () => await GetAsync(path) is null, $"{path} is gone");

    /// <summary>The events about an object, as <c>type reason: note</c>.</summary>
    public async Task<IReadOnlyList<string>> EventsAsync(string name)
    {
        var list = await GetAsync("/apis/events.k8s.io/v1/namespaces/default/events");
        return [.. list!["items"]!.AsArray()
            .Where(e => (string?)e!["regarding"]!["name"] == name)
            .Select(e => $"{e!["type"]} {e["reason"]}: {e["note"]}")];
    }

    public async Task<(HttpStatusCode Status, JsonObject Body)> SendAsync(HttpMethod method, string path, string? contentType, string? body)
    {
        var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        using var request = new HttpRequestMessage(method, new Uri($"{path}{separator}fieldManager={Manager}", UriKind.Relative));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType!);
        }

        using var response = await transport.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(text)!.AsObject());
    }

    private static JsonObject Succeeded(HttpStatusCode status, JsonObject body)
    {
        Assert.True((int)status < 300, $"{(int)status}: {body.ToJsonString()}");
        return body;
    }
}
