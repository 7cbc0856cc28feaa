using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>
/// Random requests that write objects of the kind <c>Mixture</c>, whose schema has every way in which fields merge. A seed gives the same requests
/// again.
/// </summary>
internal sealed class RandomWrites(int seed)
{
    private static readonly string[] Letters = ["a", "b", "c"];

    private readonly Random _random = new(seed);

    public static string Definition(string group) => $$$"""
        {
          "apiVersion": "apiextensions.k8s.io/v1",
          "kind": "CustomResourceDefinition",
          "metadata": {"name": "mixtures.{{{group}}}"},
          "spec": {
            "group": "{{{group}}}",
            "scope": "Namespaced",
            "names": {"plural": "mixtures", "singular": "mixture", "kind": "Mixture"},
            "versions": [{
              "name": "v1",
              "served": true,
              "storage": true,
              "subresources": {"status": {}},
              "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {
                  "spec": {
                    "type": "object",
                    "properties": {
                      "number": {"type": "integer"},
                      "text": {"type": "string"},
                      "flag": {"type": "boolean"},
                      "nullable": {"type": "string", "nullable": true},
                      "defaulted": {"type": "string", "default": "d"},
                      "either": {"x-kubernetes-int-or-string": true},
                      "map": {"type": "object", "additionalProperties": {"type": "string"}},
                      "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                      "list": {"type": "array", "items": {"type": "string"}},
                      "items": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                        "items": {
                          "type": "object",
                          "required": ["name"],
                          "properties": {"name": {"type": "string"}, "text": {"type": "string"}, "map": {"type": "object", "additionalProperties": {"type": "string"} } }
                        }
                      },
                      "ports": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["port", "protocol"],
                        "items": {
                          "type": "object",
                          "required": ["port"],
                          "properties": {"port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}, "name": {"type": "string"} }
                        }
                      },
                      "atomic": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": {"type": "string"}, "b": {"type": "string"} } },
                      "any": {"x-kubernetes-preserve-unknown-fields": true},
                      "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                      "nested": {"type": "object", "properties": {"x": {"type": "object", "properties": {"y": {"type": "string"}, "z": {"type": "string"} } } } }
                    }
                  },
                  "status": {
                    "type": "object",
                    "properties": {
                      "number": {"type": "integer"},
                      "conditions": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["type"],
                        "items": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}, "status": {"type": "string"} } }
                      }
                    }
                  }
                }
              }}
            }]
          }
        }
        """;

    /// <summary>The next request that writes this object.</summary>
    public Write Next(string name)
    {
        var manager = Pick("m1", "m2", "m3", "kubectl");
        var force = Chance(0.5) ? "&force=true" : "";
        return _random.NextDouble() switch
        {
            < 0.5 => new Write(
                "PATCH", $"/{name}?fieldManager={manager}{force}", Object(Metadata(name), "spec", Spec(false)), "application/apply-patch+yaml"),
            < 0.6 => new Write("POST", $"?fieldManager={manager}", Object(Metadata(name), "spec", Spec(false)), "application/json"),
            < 0.8 => new Write("PATCH", $"/{name}?fieldManager={manager}", Patch(), "application/merge-patch+json"),
            < 0.88 => new Write(
                "PATCH",
                $"/{name}/status?fieldManager={manager}{force}",
                Object(new JsonObject { ["name"] = name }, "status", Status()),
                "application/apply-patch+yaml"),
            < 0.95 => new Write(
                "PATCH",
                $"/{name}/status?fieldManager={manager}",
                new JsonObject { ["spec"] = Spec(true), ["status"] = Status() },
                "application/merge-patch+json"),
            _ => new Write("PATCH", $"/{name}?fieldManager={manager}", new JsonArray(Operation()), "application/json-patch+json"),
        };
    }

    private JsonObject Patch()
    {
        var patch = new JsonObject { ["spec"] = Spec(true) };
        if (Chance(0.3))
        {
            var metadata = Metadata("");
            metadata.Remove("name");
            patch["metadata"] = metadata;
        }

        if (Chance(0.2))
        {
            patch["status"] = Status();
        }

        if (Chance(0.05))
        {
            patch["metadata"] = new JsonObject { ["managedFields"] = Chance(0.5) ? new JsonArray() : new JsonArray(new JsonObject()) };
        }

        return patch;
    }

    private JsonObject Operation() => new()
    {
        ["op"] = Pick("add", "replace", "remove"),
        ["path"] = "/spec/" + Pick("text", "number", "map", "set", "items", "nested"),
        ["value"] = Pick<Func<JsonNode>>(static () => "a", static () => 1, static () => new JsonObject(), static () => new JsonArray())(),
    };

    private JsonObject Metadata(string name)
    {
        var metadata = new JsonObject { ["name"] = name };
        Maybe(metadata, "labels", 0.3, () => Map());
        Maybe(metadata, "annotations", 0.2, () => Map());
        Maybe(metadata, "finalizers", 0.2, () => Some("test/a", "test/b"));
        Maybe(metadata, "ownerReferences", 0.2, () => new JsonArray(
            [.. Names("u1", "u2").Select(
                static uid => (JsonNode)new JsonObject { ["apiVersion"] = "v1", ["kind"] = "K", ["name"] = uid, ["uid"] = uid })]));
        return metadata;
    }

    private JsonObject Spec(bool withNulls)
    {
        const double Often = 0.35;
        var spec = new JsonObject();
        Maybe(spec, "number", Often, () => _random.Next(3));
        Maybe(spec, "text", Often, () => Letter());
        Maybe(spec, "flag", Often, () => Chance(0.5));
        Maybe(spec, "nullable", Often, () => Chance(0.5) ? null : "o");
        Maybe(spec, "defaulted", 0.15, () => Letter());
        Maybe(spec, "either", Often, () => Chance(0.5) ? 1 : "50%");
        Maybe(spec, "map", Often, () => Map());
        Maybe(spec, "set", Often, () => Some("a", "b", "c", "d"));
        Maybe(spec, "list", Often, () => Some("a", "b"));
        Maybe(spec, "items", Often, () => new JsonArray([.. Names("x", "y", "z").Select(Item)]));
        Maybe(spec, "ports", Often, () => new JsonArray([.. Names("80", "443", "8080").Select(Port)]));
        Maybe(spec, "atomic", Often, () => new JsonObject(Names("a", "b").Select(name => KeyValuePair.Create(name, (JsonNode?)Letter()))));
        Maybe(spec, "any", Often, () => Anything(0));
        Maybe(spec, "free", Often, () => new JsonObject(Names("a", "b").Select(name => KeyValuePair.Create<string, JsonNode?>(name, Anything(1)))));
        Maybe(spec, "nested", Often, () => Chance(0.3) ? new JsonObject() : new JsonObject { ["x"] = Fields("y", "z") });
        if (withNulls && spec.Count > 0 && Chance(0.3))
        {
            spec[spec.ElementAt(_random.Next(spec.Count)).Key] = null;
        }

        return spec;
    }

    private JsonObject Status()
    {
        var status = new JsonObject();
        Maybe(status, "number", 0.6, () => _random.Next(3));
        Maybe(status, "conditions", 0.6, () => new JsonArray(
            [.. Names("A", "B").Select(type => (JsonNode)new JsonObject { ["type"] = type, ["status"] = Pick("True", "False") })]));
        return status;
    }

    private JsonNode Item(string name)
    {
        var item = new JsonObject { ["name"] = name };
        Maybe(item, "text", 0.5, () => Letter());
        Maybe(item, "map", 0.4, () => Map());
        return item;
    }

    private JsonNode Port(string port)
    {
        var item = new JsonObject { ["port"] = int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) };
        Maybe(item, "protocol", 0.4, () => Pick("TCP", "UDP"));
        Maybe(item, "name", 0.4, () => Letter());
        return item;
    }

    private JsonNode Anything(int depth)
    {
        switch (depth > 2 ? 0 : _random.Next(3))
        {
            case 0:
                return Pick<Func<JsonNode>>(static () => "s", static () => 1, static () => true, static () => 1.5)();
            case 1:
                return new JsonArray([.. Names("1", "2").Select(_ => Anything(depth + 1))]);
            default:
                return new JsonObject(Names("a", "b").Select(name => KeyValuePair.Create<string, JsonNode?>(name, Anything(depth + 1))));
        }
    }

    private static JsonObject Object(JsonObject metadata, string part, JsonObject content) => new() { ["metadata"] = metadata, [part] = content };

    private JsonObject Fields(params string[] names) => new(Names(names).Select(name => KeyValuePair.Create(name, (JsonNode?)Letter())));

    private JsonObject Map() => Fields(Letters);

    private JsonArray Some(params string[] values) => new([.. Names(values).Select(static value => (JsonNode)value)]);

    // Some of the names, in any order.
    private string[] Names(params string[] names)
    {
        var shuffled = names.ToArray();
        _random.Shuffle(shuffled);
        return shuffled[..(_random.Next(names.Length + 1))];
    }

    private string Letter() => Pick(Letters);

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private void Maybe(JsonObject obj, string name, double probability, Func<JsonNode?> value)
    {
        if (Chance(probability))
        {
            obj[name] = value();
        }
    }

    /// <summary>A request: its verb, what follows the path of the collection, its body without apiVersion and kind, and the body's type.</summary>
    internal sealed record Write(string Verb, string Path, JsonNode Body, string ContentType)
    {
        public override string ToString() => $"{Verb} {Path} {Body.ToJsonString()} ({ContentType})";
    }
}
