using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Http;

/// <summary>The OpenAPI v3 document of one group and version.</summary>
internal static class OpenApiDocument
{
    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

    private const string ApiVersionDescription =
        "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may "
        + "reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";

    private const string KindDescription =
        "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. "
        + "Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

    private static readonly string[] WriteParameters = ["dryRun", "fieldManager", "fieldValidation"];

    private static readonly string[] ReadListParameters =
    [
        "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch", "sendInitialEvents",
        "timeoutSeconds", "watch",
    ];

    private static readonly string[] DeleteParameters = ["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"];

    /// <summary>The document, or <see langword="null"/> where there is no such version.</summary>
    public static JsonObject? Create(RegistrySnapshot snapshot, string group, string version)
    {
        var definitions = snapshot.All.Where(d => d.Group == group && d.Version == version).ToList();
        if (definitions.Count == 0)
        {
            return null;
        }

        var paths = new JsonObject();
        var schemas = new JsonObject
        {
            [Meta + "ObjectMeta"] = Publish(JsonNode.Parse(ObjectMeta.Json)!),
            [Meta + "ListMeta"] = ListMeta(),
            [Meta + "DeleteOptions"] = DeleteOptions(),
            [Meta + "Status"] = new JsonObject { ["type"] = "object", ["description"] = "Status is a return value for calls that don't return other objects." },
        };
        foreach (var definition in definitions)
        {
            AddPaths(paths, definition);
            schemas[ComponentName(definition)] = ObjectSchema(definition);
            schemas[ComponentName(definition) + "List"] = ListSchema(definition);
        }

        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.36.0" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    // A domain read from its end: com.example.v1.Application; the groups without a domain are Kubernetes' own.
    private static string ComponentName(ResourceDefinition definition)
    {
        var group = definition.Group.Length == 0 ? "core" : definition.Group;
        var name = group.EndsWith(".k8s.io", StringComparison.Ordinal) ? group[..^".k8s.io".Length] : group;
        return group.Contains('.', StringComparison.Ordinal) && name == group
            ? $"{string.Join('.', group.Split('.').Reverse())}.{definition.Version}.{definition.Kind}"
            : $"io.k8s.api.{name}.{definition.Version}.{definition.Kind}";
    }

    private static JsonObject ObjectSchema(ResourceDefinition definition)
    {
        var schema = Publish(definition.SchemaSource).AsObject();
        if (schema["properties"] is not JsonObject own)
        {
            schema["properties"] = own = [];
        }

        var properties = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["type"] = "string", ["description"] = ApiVersionDescription },
            ["kind"] = new JsonObject { ["type"] = "string", ["description"] = KindDescription },
            ["metadata"] = new JsonObject
            {
                ["description"] = "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
                ["allOf"] = new JsonArray(Reference(Meta + "ObjectMeta")),
            },
        };
        foreach (var (name, property) in own.Where(p => !properties.ContainsKey(p.Key)).ToList())
        {
            properties[name] = property?.DeepClone();
        }

        schema["properties"] = properties;
        schema["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind(definition, definition.Kind));
        return schema;
    }

    private static JsonObject ListSchema(ResourceDefinition definition) => new()
    {
        ["type"] = "object",
        ["description"] = $"{definition.ListKind} is a list of {definition.Kind}",
        ["required"] = new JsonArray("items"),
        ["properties"] = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["type"] = "string", ["description"] = ApiVersionDescription },
            ["kind"] = new JsonObject { ["type"] = "string", ["description"] = KindDescription },
            ["metadata"] = new JsonObject { ["allOf"] = new JsonArray(Reference(Meta + "ListMeta")) },
            ["items"] = new JsonObject { ["type"] = "array", ["items"] = Reference(ComponentName(definition)) },
        },
        ["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind(definition, definition.ListKind)),
    };

    private static void AddPaths(JsonObject paths, ResourceDefinition definition)
    {
        var root = definition.Group.Length == 0 ? $"/api/{definition.Version}" : $"/apis/{definition.ApiVersion}";
        var collection = definition.IsNamespaced ? $"{root}/namespaces/{{namespace}}/{definition.Plural}" : $"{root}/{definition.Plural}";
        var one = ComponentName(definition);
        if (definition.IsNamespaced)
        {
            paths[$"{root}/{definition.Plural}"] = new JsonObject { ["get"] = Operation(definition, "list", one + "List", ReadListParameters, body: null) };
        }

        paths[collection] = new JsonObject
        {
            ["get"] = Operation(definition, "list", one + "List", ReadListParameters, body: null),
            ["post"] = Operation(definition, "post", one, WriteParameters, one),
            ["delete"] = Operation(
                definition, "deletecollection", Meta + "Status", [.. ReadListParameters, .. DeleteParameters], Meta + "DeleteOptions"),
            ["parameters"] = PathParameters(definition, hasName: false),
        };
        paths[$"{collection}/{{name}}"] = Item(definition, one, isWhole: true);
        if (definition.HasStatus)
        {
            paths[$"{collection}/{{name}}/status"] = Item(definition, one, isWhole: false);
        }
    }

    private static JsonObject Item(ResourceDefinition definition, string component, bool isWhole)
    {
        var item = new JsonObject
        {
            ["get"] = Operation(definition, "get", component, ["resourceVersion"], body: null),
            ["put"] = Operation(definition, "put", component, WriteParameters, component),
            ["patch"] = Operation(definition, "patch", component, [.. WriteParameters, "force"], body: null, isPatch: true),
        };
        if (isWhole)
        {
            item["delete"] = Operation(definition, "delete", Meta + "Status", DeleteParameters, Meta + "DeleteOptions");
        }

        item["parameters"] = PathParameters(definition, hasName: true);
        return item;
    }

    private static JsonObject Operation(
        ResourceDefinition definition, string action, string result, IEnumerable<string> parameters, string? body, bool isPatch = false)
    {
        var operation = new JsonObject
        {
            ["operationId"] = $"{action}{definition.Kind}",
            ["parameters"] = new JsonArray([.. parameters.Select(QueryParameter)]),
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject { ["description"] = "OK", ["content"] = Content(["application/json", "application/yaml"], Reference(result)) },
            },
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = GroupVersionKind(definition, definition.Kind),
        };
        if (isPatch)
        {
            string[] types = definition.Strategy is CustomResourceStrategy
                ? ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]
                : ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"];
            operation["requestBody"] = new JsonObject { ["content"] = Content(types, new JsonObject { ["type"] = "object" }), ["required"] = true };
        }
        else if (body is not null)
        {
            operation["requestBody"] = new JsonObject { ["content"] = Content(["*/*"], Reference(body)), ["required"] = true };
        }

        return operation;
    }

    private static JsonObject Content(IEnumerable<string> mediaTypes, JsonObject schema)
    {
        var content = new JsonObject();
        foreach (var mediaType in mediaTypes)
        {
            content[mediaType] = new JsonObject { ["schema"] = schema.DeepClone() };
        }

        return content;
    }

    private static JsonArray PathParameters(ResourceDefinition definition, bool hasName)
    {
        var parameters = new JsonArray();
        if (hasName)
        {
            parameters.Add((JsonNode)PathParameter("name", $"name of the {definition.Kind}"));
        }

        if (definition.IsNamespaced)
        {
            parameters.Add((JsonNode)PathParameter("namespace", "object name and auth scope, such as for teams and projects"));
        }

        return parameters;
    }

    private static JsonObject PathParameter(string name, string description) => new JsonObject
    {
        ["name"] = name,
        ["in"] = "path",
        ["description"] = description,
        ["required"] = true,
        ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true },
    };

    private static JsonObject QueryParameter(string name) => new JsonObject
    {
        ["name"] = name,
        ["in"] = "query",
        ["schema"] = new JsonObject
        {
            ["type"] = name switch
            {
                "limit" or "timeoutSeconds" or "gracePeriodSeconds" => "integer",
                "watch" or "allowWatchBookmarks" or "sendInitialEvents" or "force" or "orphanDependents" => "boolean",
                _ => "string",
            },
            ["uniqueItems"] = true,
        },
    };

    /// <summary>A schema as clients read it. Of strategic merge patch they also want the strategy, which is implied here by the key.</summary>
    private static JsonNode Publish(JsonNode schema)
    {
        switch (schema)
        {
            case JsonArray array:
                return new JsonArray([.. array.Select(i => i is null ? null : Publish(i))]);
            case JsonObject obj:
                var result = new JsonObject();
                foreach (var (name, value) in obj)
                {
                    if (name is "default" or "enum" or "example" || value is null)
                    {
                        result[name] = value?.DeepClone();
                    }
                    else if (!(name == "x-kubernetes-patch-merge-key" && value.Text() is ""))
                    {
                        result[name] = Publish(value);
                    }
                }

                if (obj["x-kubernetes-patch-merge-key"] is JsonValue && obj["x-kubernetes-patch-strategy"] is null)
                {
                    result["x-kubernetes-patch-strategy"] = "merge";
                }

                return result;
            default:
                return schema.DeepClone();
        }
    }

    private static JsonObject ListMeta() => JsonNode.Parse("""
        {
          "type": "object",
          "description": "ListMeta describes metadata that synthetic resources must have, including lists and various status objects.",
          "properties": {
            "continue": {"type": "string"},
            "remainingItemCount": {"type": "integer", "format": "int64"},
            "resourceVersion": {"type": "string"},
            "selfLink": {"type": "string"}
          }
        }
        """)!.AsObject();

    private static JsonObject DeleteOptions() => JsonNode.Parse("""
        {
          "type": "object",
          "description": "DeleteOptions may be provided when deleting an API object.",
          "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "dryRun": {"type": "array", "items": {"type": "string"}},
            "gracePeriodSeconds": {"type": "integer", "format": "int64"},
            "orphanDependents": {"type": "boolean"},
            "preconditions": {"type": "object", "properties": {"resourceVersion": {"type": "string"}, "uid": {"type": "string"}}},
            "propagationPolicy": {"type": "string"}
          }
        }
        """)!.AsObject();

    private static JsonObject Reference(string component) => new() { ["$ref"] = $"#/components/schemas/{component}" };

    private static JsonObject GroupVersionKind(ResourceDefinition definition, string kind) =>
        new() { ["group"] = definition.Group, ["version"] = definition.Version, ["kind"] = kind };
}
