using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Http;

/// <summary>The one OpenAPI v2 (Swagger) document of all groups and versions, for older clients: the v3 documents in the words of v2.</summary>
internal static class OpenApiV2Document
{
    private const string V3Reference = "#/components/schemas/";
    private const string V2Reference = "#/definitions/";

    // What schemas of v2 cannot say.
    private static readonly HashSet<string> Dropped = ["nullable", "oneOf", "anyOf", "not"];

    public static JsonObject Create(RegistrySnapshot snapshot)
    {
        var paths = new JsonObject();
        var definitions = new JsonObject();
        foreach (var (group, version) in snapshot.All.Select(static d => (d.Group, d.Version)).Distinct())
        {
            var document = OpenApiDocument.Create(snapshot, group, version)!;
            foreach (var (path, item) in document["paths"]!.AsObject())
            {
                paths[path] = Item(item!.AsObject());
            }

            foreach (var (name, schema) in document["components"]!["schemas"]!.AsObject())
            {
                definitions[name] = Schema(schema!.AsObject());
            }
        }

        return new JsonObject
        {
            ["swagger"] = "2.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.36.0" },
            ["paths"] = paths,
            ["definitions"] = definitions,
        };
    }

    private static JsonObject Item(JsonObject item)
    {
        var result = new JsonObject();
        foreach (var (name, value) in item)
        {
            result[name] = name == "parameters" ? Parameters(value!.AsArray()) : Operation(value!.AsObject());
        }

        return result;
    }

    private static JsonObject Operation(JsonObject operation)
    {
        var result = new JsonObject();
        foreach (var (name, value) in operation.Where(static p => p.Key is not ("parameters" or "requestBody" or "responses")))
        {
            result[name] = value?.DeepClone();
        }

        var parameters = Parameters(operation["parameters"]!.AsArray());
        if (operation["requestBody"]?["content"] is JsonObject content)
        {
            result["consumes"] = MediaTypes(content);
            parameters.Add((JsonNode)new JsonObject { ["name"] = "body", ["in"] = "body", ["required"] = true, ["schema"] = SchemaOf(content) });
        }

        result["parameters"] = parameters;
        var responses = new JsonObject();
        foreach (var (code, response) in operation["responses"]!.AsObject())
        {
            var answer = response!["content"]!.AsObject();
            result["produces"] = MediaTypes(answer);
            responses[code] = new JsonObject { ["description"] = response["description"]!.DeepClone(), ["schema"] = SchemaOf(answer) };
        }

        result["responses"] = responses;
        return result;
    }

    private static JsonArray MediaTypes(JsonObject content) => [.. content.Select(static c => (JsonNode?)c.Key)];

    private static JsonObject SchemaOf(JsonObject content) => Schema(content.First().Value!["schema"]!.AsObject());

    // The type of a parameter stands in the parameter itself.
    private static JsonArray Parameters(JsonArray parameters)
    {
        var result = new JsonArray();
        foreach (var parameter in parameters)
        {
            var copy = (JsonObject)parameter!.DeepClone();
            copy.Remove("schema", out var schema);
            foreach (var (name, value) in schema!.AsObject())
            {
                copy[name] = value?.DeepClone();
            }

            result.Add((JsonNode)copy);
        }

        return result;
    }

    private static JsonObject Schema(JsonObject schema)
    {
        var result = new JsonObject();
        foreach (var (name, value) in schema.Where(static p => !Dropped.Contains(p.Key)))
        {
            switch (name, value)
            {
                case ("$ref", not null):
                    result[name] = value.ToString().Replace(V3Reference, V2Reference, StringComparison.Ordinal);
                    break;
                case ("allOf", JsonArray { Count: 1 } only) when only[0]!["$ref"] is { } reference:
                    result["$ref"] = reference.ToString().Replace(V3Reference, V2Reference, StringComparison.Ordinal);
                    break;
                case ("allOf", _):
                    break;
                case ("properties", JsonObject properties):
                    var copies = new JsonObject();
                    foreach (var (property, type) in properties)
                    {
                        copies[property] = Schema(type!.AsObject());
                    }

                    result[name] = copies;
                    break;
                case ("items" or "additionalProperties", JsonObject nested):
                    result[name] = Schema(nested);
                    break;
                default:
                    result[name] = value?.DeepClone();
                    break;
            }
        }

        return result;
    }
}
