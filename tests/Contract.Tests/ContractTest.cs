using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>A case: some requests to one server, in a namespace of its own.</summary>
public abstract class ContractTest(Servers servers)
{
    protected Cluster Cluster { get; private set; } = null!;

    protected string Namespace { get; private set; } = "";

    /// <summary>The widgets of this case.</summary>
    protected string Collection => $"/apis/{Cluster.ApiVersion}/namespaces/{Namespace}/widgets";

    /// <summary>As messages name widgets.</summary>
    protected string Resource => $"widgets.{Cluster.Group}";

    protected string Kind => $"Widget.{Cluster.Group}";

    protected async Task UseAsync(ServerKind kind)
    {
        Cluster = await servers.GetAsync(kind);
        Namespace = await Cluster.NewNamespaceAsync();
    }

    protected string Widget(string name, string spec = """{"image":"i"}""", string metadata = "", string rest = "") =>
        $$"""{"apiVersion":"{{Cluster.ApiVersion}}","kind":"Widget","metadata":{"name":"{{name}}"{{metadata}}},"spec":{{spec}}{{rest}}}""";

    protected Task<Answer> GetAsync(string path, string? accept = null) => Cluster.SendAsync(HttpMethod.Get, path, accept: accept);

    protected Task<Answer> CreateAsync(string body, string query = "") => Cluster.SendAsync(HttpMethod.Post, Collection + query, body);

    protected Task<Answer> UpdateAsync(string name, string body, string query = "") =>
        Cluster.SendAsync(HttpMethod.Put, $"{Collection}/{name}{query}", body);

    protected Task<Answer> MergeAsync(string name, string patch, string query = "") =>
        Cluster.SendAsync(HttpMethod.Patch, $"{Collection}/{name}{query}", patch, "application/merge-patch+json");

    protected Task<Answer> JsonPatchAsync(string name, string patch) =>
        Cluster.SendAsync(HttpMethod.Patch, $"{Collection}/{name}", patch, "application/json-patch+json");

    protected Task<Answer> ApplyAsync(string name, string body, string query = "?fieldManager=m1") =>
        Cluster.SendAsync(HttpMethod.Patch, $"{Collection}/{name}{query}", body, "application/apply-patch+yaml");

    protected Task<Answer> DeleteAsync(string name, string? options = null) => Cluster.SendAsync(HttpMethod.Delete, $"{Collection}/{name}", options);

    /// <summary>Creates a widget that is only there to be used.</summary>
    protected async Task<Answer> GivenAsync(string name, string spec = """{"image":"i"}""", string metadata = "") =>
        (await CreateAsync(Widget(name, spec, metadata))).Succeeds(201);

    /// <inheritdoc cref="Cluster.CatchUpAsync"/>
    protected Task CatchUpAsync(string version) => Cluster.CatchUpAsync(Collection, version);

    /// <summary>Watches the widgets of this case.</summary>
    protected async Task<WatchReader> WatchAsync(string query, string? accept = null) =>
        new(await Cluster.OpenAsync($"{Collection}?watch=true&{query}", accept));

    /// <summary>The object with the field replaced, as a client does between reading and updating.</summary>
    protected static string With(Answer read, Action<JsonObject> change)
    {
        var copy = (JsonObject)read.Body.DeepClone();
        change(copy);
        return copy.ToJsonString();
    }

    protected static void JsonEqual(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, but was {actual?.ToJsonString()}");
}
