using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>A custom resource for the cases of one test class: a group of its own on each server, so that classes cannot disturb each other.</summary>
internal sealed class Widgets
{
    private const string Version = """
        {
          "name": "v1", "served": true, "storage": true,
          "subresources": { "status": {} },
          "additionalPrinterColumns": [
            { "name": "Image", "type": "string", "jsonPath": ".spec.image" },
            { "name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status" },
            { "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp" }
          ],
          "schema": { "openAPIV3Schema": {
            "type": "object",
            "properties": {
              "spec": {
                "type": "object", "required": ["image"],
                "properties": {
                  "image": { "type": "string", "minLength": 1, "pattern": "^[a-z0-9./:-]+$" },
                  "replicas": { "type": "integer", "minimum": 1, "maximum": 10, "default": 2 },
                  "mode": { "type": "string", "enum": ["fast", "slow"] },
                  "ports": { "type": "array", "items": { "type": "integer", "minimum": 1, "maximum": 65535 } },
                  "env": {
                    "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                    "items": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" }, "value": { "type": "string" } } }
                  },
                  "tags": { "type": "array", "x-kubernetes-list-type": "set", "items": { "type": "string" } },
                  "limits": { "type": "object", "additionalProperties": { "type": "string" } }
                }
              },
              "status": {
                "type": "object",
                "properties": {
                  "ready": { "type": "boolean" },
                  "conditions": {
                    "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
                    "items": { "type": "object", "required": ["type", "status"], "properties": { "type": { "type": "string" }, "status": { "type": "string" } } }
                  }
                }
              }
            }
          } }
        }
        """;

    private static readonly ConcurrentDictionary<(ServerUnderTest, Type), Lazy<Task<Widgets>>> Created = new();
    private static int _lastName;

    private Widgets(ContractServer server, string group)
    {
        Server = server;
        Group = group;
    }

    public ContractServer Server { get; }

    public string Group { get; }

    /// <summary>The path of the collection in the default namespace.</summary>
    public string Path => $"/apis/{Group}/v1/namespaces/default/widgets";

    /// <summary>The resource as messages name it.</summary>
    public string Resource => $"widgets.{Group}";

    /// <summary>The widgets of a test class on a server; its CustomResourceDefinition is created on first use.</summary>
    public static Task<Widgets> ForAsync(ServerUnderTest server, object testClass) =>
        Created.GetOrAdd((server, testClass.GetType()), key => new Lazy<Task<Widgets>>(() => CreateAsync(key.Item1))).Value;

    /// <summary>A name that no other case uses.</summary>
    public static string NewName() => $"w-{Interlocked.Increment(ref _lastName)}";

    /// <summary>A widget as JSON; <paramref name="more"/> adds members beside image, as in <c>"replicas": 3</c>.</summary>
    public string Json(string name, string? more = null, string metadata = "") =>
        $$"""{ "apiVersion": "{{Group}}/v1", "kind": "Widget", "metadata": { "name": "{{name}}" {{(metadata.Length > 0 ? ", " + metadata : "")}} }, "spec": { "image": "nginx"{{(more is null ? "" : ", " + more)}} } }""";

    public string Of(string name, string? subresource = null) => subresource is null ? $"{Path}/{name}" : $"{Path}/{name}/{subresource}";

    /// <summary>Creates a widget and returns the answer.</summary>
    public async Task<Answer> CreateAsync(string name, string? more = null, string metadata = "") =>
        (await Server.PostAsync(Path, Json(name, more, metadata))).Is(201);

    /// <summary>A copy of an answered object, changed.</summary>
    public static string Changed(Answer answer, Action<JsonObject> change)
    {
        var copy = (JsonObject)answer.Body.DeepClone();
        change(copy);
        return copy.ToJsonString();
    }

    private static async Task<Widgets> CreateAsync(ServerUnderTest under)
    {
        var server = await ContractServer.ForAsync(under);
        var group = $"g{Guid.NewGuid():N}"[..12] + ".example.com";
        var crd = $$"""
            {
              "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": "widgets.{{group}}" },
              "spec": {
                "group": "{{group}}", "scope": "Namespaced",
                "names": { "plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList", "shortNames": ["wd"] },
                "versions": [{{Version}}]
              }
            }
            """;
        (await server.PostAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)).Is(201);
        var widgets = new Widgets(server, group);
        await CrMonitor.Tests.Eventually.TrueAsync(
            async () => (await server.GetAsync(widgets.Path)).Code == 200 && (await server.GetAsync($"/apis/{group}/v1")).Code == 200,
            $"{widgets.Resource} is served");
        return widgets;
    }
}
