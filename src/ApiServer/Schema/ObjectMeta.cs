using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>The metadata that every object has, whatever its kind.</summary>
internal static class ObjectMeta
{
    /// <summary>The schema of <c>metadata</c>, as JSON.</summary>
    public const string Json = """
        {
          "type": "object",
          "description": "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
          "properties": {
            "name": {"type": "string"},
            "generateName": {"type": "string"},
            "namespace": {"type": "string"},
            "selfLink": {"type": "string"},
            "uid": {"type": "string"},
            "resourceVersion": {"type": "string"},
            "generation": {"type": "integer", "format": "int64"},
            "creationTimestamp": {"type": "string", "format": "date-time", "nullable": true},
            "deletionTimestamp": {"type": "string", "format": "date-time", "nullable": true},
            "deletionGracePeriodSeconds": {"type": "integer", "format": "int64", "nullable": true},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
            "ownerReferences": {
              "type": "array",
              "x-kubernetes-list-type": "map",
              "x-kubernetes-list-map-keys": ["uid"],
              "x-kubernetes-patch-merge-key": "uid",
              "items": {
                "type": "object",
                "x-kubernetes-map-type": "atomic",
                "required": ["apiVersion", "kind", "name", "uid"],
                "properties": {
                  "apiVersion": {"type": "string"},
                  "kind": {"type": "string"},
                  "name": {"type": "string"},
                  "uid": {"type": "string"},
                  "controller": {"type": "boolean"},
                  "blockOwnerDeletion": {"type": "boolean"}
                }
              }
            },
            "finalizers": {"type": "array", "x-kubernetes-list-type": "set", "x-kubernetes-patch-merge-key": "", "items": {"type": "string"}},
            "managedFields": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "manager": {"type": "string"},
                  "operation": {"type": "string"},
                  "apiVersion": {"type": "string"},
                  "time": {"type": "string", "format": "date-time"},
                  "fieldsType": {"type": "string"},
                  "fieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                  "subresource": {"type": "string"}
                }
              }
            }
          }
        }
        """;

    public static StructuralSchema Schema { get; } = StructuralSchema.Parse(JsonNode.Parse(Json)!);
}
