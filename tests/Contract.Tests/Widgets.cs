namespace CrMonitor.Contract.Tests;

/// <summary>The kind of the cases.</summary>
internal static class Widgets
{
    public static string Definition(string group) => $$$"""
        {
          "apiVersion": "apiextensions.k8s.io/v1",
          "kind": "CustomResourceDefinition",
          "metadata": {"name": "widgets.{{{group}}}"},
          "spec": {
            "group": "{{{group}}}",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wd"]},
            "versions": [{
              "name": "v1",
              "served": true,
              "storage": true,
              "subresources": {"status": {}},
              "selectableFields": [{"jsonPath": ".spec.mode"}],
              "additionalPrinterColumns": [
                {"name": "Image", "type": "string", "jsonPath": ".spec.image"},
                {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
                {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
                {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
              ],
              "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {
                  "spec": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {
                      "image": {"type": "string", "minLength": 1},
                      "replicas": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
                      "mode": {"type": "string", "enum": ["a", "b"]},
                      "code": {"type": "string", "pattern": "^[a-z]+$"},
                      "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                      "args": {"type": "array", "items": {"type": "string"}},
                      "ports": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                        "items": {
                          "type": "object",
                          "required": ["name"],
                          "properties": {"name": {"type": "string"}, "port": {"type": "integer", "minimum": 1, "maximum": 65535}, "protocol": {"type": "string", "default": "TCP"}}
                        }
                      },
                      "env": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                        "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "value": {"type": "string"} } }
                      },
                      "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                      "settings": {"type": "object", "additionalProperties": {"type": "string"}}
                    }
                  },
                  "status": {
                    "type": "object",
                    "properties": {
                      "phase": {"type": "string"},
                      "observed": {"type": "integer"},
                      "conditions": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["type"],
                        "items": {"type": "object", "required": ["type", "status"], "properties": {"type": {"type": "string"}, "status": {"type": "string"} } }
                      }
                    }
                  }
                }
              }}
            }]
          }
        }
        """;
}
