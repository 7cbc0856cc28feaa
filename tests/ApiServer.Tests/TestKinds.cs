using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Tests;

/// <summary>CustomResourceDefinitions for tests, and what it takes to serve them.</summary>
internal static class TestKinds
{
    public const string ThingDefinition = """
        {
          "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
          "metadata": {"name": "things.schemaprobe.example.com"},
          "spec": {
            "group": "schemaprobe.example.com", "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing", "shortNames": ["th"], "categories": ["all"]},
            "versions": [{
              "name": "v1", "served": true, "storage": true,
              "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
              "additionalPrinterColumns": [
                {"name": "Image", "type": "string", "jsonPath": ".spec.image"},
                {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
                {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
                {"name": "Num", "type": "number", "jsonPath": ".spec.num"},
                {"name": "When", "type": "date", "jsonPath": ".spec.when"},
                {"name": "Bool", "type": "boolean", "jsonPath": ".spec.bool"},
                {"name": "Arr", "type": "string", "jsonPath": ".spec.tags"},
                {"name": "Map", "type": "string", "jsonPath": ".spec.labels"},
                {"name": "All", "type": "string", "jsonPath": ".spec.tags[*]", "priority": 1, "description": "tags, all"},
                {"name": "F", "type": "string", "jsonPath": ".spec.num"},
                {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
              ],
              "schema": {"openAPIV3Schema": {
                "type": "object", "description": "A thing.", "required": ["spec"],
                "properties": {
                  "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
                  "spec": {
                    "type": "object",
                    "properties": {
                      "image": {"type": "string"}, "replicas": {"type": "integer"}, "num": {"type": "number"}, "when": {"type": "string", "format": "date-time"},
                      "bool": {"type": "boolean"}, "tags": {"type": "array", "items": {"type": "string"}}, "labels": {"type": "object", "additionalProperties": {"type": "string"}}
                    }
                  },
                  "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}
                }
              }}
            }]
          }
        }
        """;

    public static JsonSerializerOptions Relaxed { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Brings a definition to where it is served, as the server does with a create, and returns its first version.</summary>
    public static ResourceDefinition Apply(ResourceRegistry registry, string definition)
    {
        var crd = JsonNode.Parse(definition)!.AsObject();
        var kind = registry.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions")!;
        Assert.Empty(Admission.Normalize(kind, crd));
        Assert.Empty(Admission.Validate(kind, crd, old: null));
        registry.Apply(crd);
        return registry.Find((string)crd["spec"]!["group"]!, (string)crd["spec"]!["versions"]![0]!["name"]!, (string)crd["spec"]!["names"]!["plural"]!)!;
    }
}
