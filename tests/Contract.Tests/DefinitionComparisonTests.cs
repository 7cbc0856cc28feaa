using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>What schemas say of objects, and what definitions may say.</summary>
public sealed class DefinitionComparisonTests(Servers servers) : ComparisonTest(servers)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private const string Keywords = """
        {
          "type": "object",
          "properties": {
            "spec": {
              "type": "object",
              "maxProperties": 5,
              "properties": {
                "text": {"type": "string", "minLength": 2, "maxLength": 4},
                "pattern": {"type": "string", "pattern": "^[a-c]+$"},
                "one": {"type": "string", "enum": ["x", "y"]},
                "number": {"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 5, "exclusiveMaximum": true},
                "times": {"type": "integer", "multipleOf": 3},
                "small": {"type": "integer", "format": "int32"},
                "flag": {"type": "boolean"},
                "date": {"type": "string", "format": "date-time"},
                "day": {"type": "string", "format": "date"},
                "bytes": {"type": "string", "format": "byte"},
                "ip": {"type": "string", "format": "ipv4"},
                "uuid": {"type": "string", "format": "uuid"},
                "span": {"type": "string", "format": "duration"},
                "list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer"}},
                "map": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer", "maximum": 3}},
                "either": {"x-kubernetes-int-or-string": true},
                "nothing": {"type": "string", "nullable": true},
                "nothingOr": {"type": "string", "nullable": true, "default": "d"},
                "something": {"type": "string", "default": "d"},
                "required": {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "string"} } },
                "anyOf": {"type": "string", "anyOf": [{"minLength": 3}, {"pattern": "^a"}]},
                "allOf": {"type": "string", "allOf": [{"minLength": 3}, {"pattern": "^a"}]},
                "oneOf": {"type": "string", "oneOf": [{"minLength": 3}, {"pattern": "^a"}]},
                "not": {"type": "string", "not": {"pattern": "^a"}},
                "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "integer"}},
                "keyed": {
                  "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b"],
                  "items": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "integer", "default": 1}, "c": {"type": "string"} } }
                },
                "free": {
                  "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                  "properties": {"known": {"type": "object", "properties": {"x": {"type": "string"} } } }
                },
                "object": {
                  "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true
                },
                "plainObject": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"} } } } },
                "deep": {"type": "object", "default": {}, "properties": {"a": {"type": "object", "properties": {"b": {"type": "string", "default": "c"} } } } }
              }
            }
          }
        }
        """;

    [Fact]
    public Task Every_keyword_of_a_schema_refuses_keeps_prunes_and_defaults_alike() => CompareAsync(static async side =>
    {
        var group = $"k.{side.Cluster.Group}";
        var things = $"/apis/{group}/v1/namespaces/{side.Collection.Split('/')[5]}/things";
        (await side.Cluster.InstallAsync(Definition(group, "things", "Thing", Version("v1", Keywords)), $"/apis/{group}/v1/things")).Succeeds(201);

        var number = 0;
        foreach (var spec in (string[])
            [
                """{"text":"a"}""", """{"text":"abcde"}""", """{"text":"abc"}""", """{"text":"\u00e4\u00e4\u00e4\u00e4"}""", """{"text":null}""",
                """{"pattern":"abd"}""",
                """{"pattern":"abc"}""", """{"one":"z"}""", """{"one":"x"}""", """{"one":1}""", """{"number":1}""", """{"number":5}""",
                """{"number":1.25}""", """{"number":1.5}""",
                """{"number":"1"}""", """{"times":4}""", """{"times":6}""", """{"small":1}""", """{"small":2147483648}""", """{"small":1.5}""",
                """{"flag":"true"}""", """{"flag":true}""", """{"date":"2001-01-01"}""",
                """{"date":"2001-01-01T00:00:00Z"}""", """{"day":"2001-13-01"}""", """{"day":"2001-01-01"}""", """{"bytes":"x"}""",
                """{"bytes":"eA=="}""", """{"ip":"1.2.3"}""",
                """{"ip":"1.2.3.4"}""", """{"uuid":"x"}""", """{"span":"x"}""", """{"span":"1h"}""", """{"list":[]}""", """{"list":[1,2,3]}""",
                """{"list":[1,"2"]}""",
                """{"list":[1,null]}""", """{"list":{}}""", """{"list":null}""", """{"map":{}}""", """{"map":{"a":4}}""", """{"map":{"a":"1"}}""",
                """{"map":{"a":1}}""",
                """{"map":{"a":null}}""", """{"map":[]}""", """{"either":1}""", """{"either":"a"}""", """{"either":1.5}""", """{"either":true}""",
                """{"either":{}}""",
                """{"nothing":null}""", """{"nothingOr":null}""", """{"something":null}""", "{}", """{"required":{}}""", """{"required":{"a":"x"}}""",
                """{"required":{"a":null,"b":"x"}}""",
                """{"anyOf":"b"}""", """{"anyOf":"a"}""", """{"allOf":"b"}""", """{"allOf":"abc"}""", """{"oneOf":"abc"}""", """{"oneOf":"b"}""",
                """{"oneOf":"a"}""",
                """{"not":"a"}""", """{"not":"b"}""", """{"set":[1,2,1]}""", """{"set":[1,2]}""", """{"set":[null]}""",
                """{"keyed":[{"a":"x"},{"a":"x","b":1}]}""",
                """{"keyed":[{"a":"x"},{"a":"x","b":2}]}""", """{"keyed":[{"b":1}]}""", """{"keyed":[{"a":"x","d":1}]}""",
                """{"free":{"a":{"b":[1,{"c":null}]},"known":{"x":"1","y":"2"}}}""", """{"free":{"known":{"x":1}}}""",
                """{"unknown":{"a":1},"text":"abc"}""",
                """{"object":{}}""", """{"object":{"apiVersion":"v1","kind":"X"}}""", """{"object":{"apiVersion":"v1","kind":"X","metadata":{"name":"A_","foo":1},"bar":1}}""",
                """{"plainObject":{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"a":"b","c":"d"},"other":1}}""", """{"deep":{"a":{}}}""", """{"deep":{"a":null}}""",
                """{"text":"abc","flag":true,"small":1,"one":"x"}""",
            ])
        {
            var answer = await side.Cluster.SendAsync(
                HttpMethod.Post, things, $$$"""{"apiVersion":"{{{group}}}/v1","kind":"Thing","metadata":{"name":"t{{{number++}}}"},"spec":{{{spec}}}}""");
            var causes = answer.At("details.causes") as JsonArray ?? [];
            side.Note(
                spec,
                new JsonArray(
                    answer.Status,
                    answer.Status == 201 ? answer.Body["spec"]?.DeepClone() : causes.Count > 1 ? "" : answer.Message,
                    new JsonArray(
                        [.. causes.Select(static c => c!.ToJsonString()).Order(StringComparer.Ordinal).Select(static c => JsonValue.Create(c))]),
                    string.Join('\n', answer.Warnings)));
        }
    });

    [Fact]
    public Task Definitions_that_are_not_valid_are_refused_alike() => CompareAsync(static async side =>
    {
        var group = $"r.{side.Cluster.Group}";
        foreach (var schema in (string[])
            [
                """{"type":"string"}""", "{}", """{"type":"object","properties":{"spec":{}}}""",
                """{"type":"object","properties":{"spec":{"type":"array"}}}""",
                """{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}}}""",
                """{"type":"object","properties":{"spec":{"type":"string","default":1}}}""", """{"type":"object","properties":{"spec":{"type":"string","pattern":"("}}}""",
                """{"type":"object","properties":{"spec":{"type":"array","uniqueItems":true,"items":{"type":"string"}}}}""",
                """{"type":"object","properties":{"spec":{"type":"array","x-kubernetes-list-type":"map","items":{"type":"object","properties":{"a":{"type":"string"}}}}}}""",
                """{"type":"object","properties":{"spec":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"object"}}}}""",
                """{"type":"object","properties":{"spec":{"type":"string","x-kubernetes-list-type":"set"}}}""", """{"type":"object","properties":{"spec":{"type":"foo"}}}""",
                """{"type":"object","properties":{"metadata":{"type":"object","properties":{"labels":{"type":"object"}}}}}""",
                """{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-int-or-string":true}}}""",
                """{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-preserve-unknown-fields":false}}}""",
                """{"type":"object","properties":{"spec":{"$ref":"#/x","type":"object"}}}""",
                """{"type":"object","properties":{"spec":{"type":"string","anyOf":[{"type":"string"}]}}}""", """{"type":"object","required":["spec","spec"]}""",
            ])
        {
            Note(schema, await side.Cluster.SendAsync(
                HttpMethod.Post, $"{Definitions}?dryRun=All", Definition(group, "things", "Thing", Version("v1", schema))));
        }

        const string Any = """{"type":"object"}""";
        foreach (var versions in (string[])
            [
                Version("V_1", Any), "",
                $"{Version("v1", Any)},{Version("v2", Any, isStorage: false)}", Version("v1", Any, rest: ""","subresources":{"scale":{}} """),
                Version(
                    "v1", Any, rest: ""","subresources":{"scale":{"specReplicasPath":"spec.replicas","statusReplicasPath":".status.replicas"}} """),
                Version("v1", Any, rest: ""","additionalPrinterColumns":[{"name":"","type":"foo","jsonPath":"x"}] """),
                Version("v1", Any, rest: ""","selectableFields":[{"jsonPath":".spec.nope"}] """), Version(
                    "v1", Any, rest: ""","deprecationWarning":"w" """),
            ])
        {
            Note(
                versions, await side.Cluster.SendAsync(HttpMethod.Post, $"{Definitions}?dryRun=All", Definition(group, "things", "Thing", versions)));
        }

        foreach (var (plural, kind) in (IEnumerable<(string, string)>)[("Things", "Thing"), ("things", "thing"), ("things", "T-"), ("", "Thing"), ("things", ""), ("th_ings", "Thing")])
        {
            Note(
                $"{plural} {kind}",
                await side.Cluster.SendAsync(HttpMethod.Post, $"{Definitions}?dryRun=All", Definition(group, plural, kind, Version("v1", Any))));
        }

        // Without the order of several mistakes.
        void Note(string asked, Answer answer)
        {
            var causes = answer.At("details.causes") as JsonArray ?? [];
            side.Note(
                asked,
                new JsonArray(
                    answer.Status,
                    answer.Reason,
                    new JsonArray([.. causes.Select(static c => c!.ToJsonString()).Distinct().Order(StringComparer.Ordinal).Select(
                        static c => JsonValue.Create(c))]),
                    causes.Count == 0 ? answer.Message : ""));
        }
    });

    private static string Version(string name, string schema, bool isStorage = true, string rest = "") =>
        $$$"""{"name":"{{{name}}}","served":true,"storage":{{{(isStorage ? "true" : "false")}}},"schema":{"openAPIV3Schema":{{{schema}}}}{{{rest}}}}""";

    private static string Definition(string group, string plural, string kind, string versions) => $$$"""
        {
          "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "{{{plural}}}.{{{group}}}"},
          "spec": {"group": "{{{group}}}", "scope": "Namespaced", "names": {"plural": "{{{plural}}}", "kind": "{{{kind}}}"}, "versions": [{{{versions}}}]}
        }
        """;
}
