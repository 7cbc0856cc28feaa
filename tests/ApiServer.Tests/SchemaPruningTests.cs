using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Tests;

/// <summary>What becomes of unknown fields, nulls and missing ones. The expected objects are those of a Kubernetes 1.36 API server.</summary>
public sealed class SchemaPruningTests
{
    private static readonly StructuralSchema Schema = StructuralSchema.Parse(JsonNode.Parse("""
        {
          "type": "object",
          "properties": {
            "spec": {
              "type": "object",
              "properties": {
                "image": {"type": "string"},
                "any": {
                  "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                  "properties": {"known": {"type": "object", "properties": {"a": {"type": "integer"}}}}
                },
                "list": {"type": "array", "x-kubernetes-preserve-unknown-fields": true, "items": {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}},
                "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": {"type": "string"}}}},
                "free": {"type": "object", "additionalProperties": true},
                "items": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
                "nul": {"type": "string", "nullable": true},
                "nuld": {"type": "string", "default": "dd"},
                "def": {"type": "object", "default": {"a": 5}, "properties": {"a": {"type": "integer"}, "b": {"type": "string", "default": "bb"}}},
                "emb": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object", "properties": {"x": {"type": "integer"}}}}}
              }
            }
          }
        }
        """)!);

    [Theory]
    [InlineData("""{"image": "i", "foo": 1}""", """{"image":"i"}""", "spec.foo")]
    [InlineData("""{"any": {"x": {"y": 1}, "known": {"a": 1, "b": 2}}}""", """{"any":{"x":{"y":1},"known":{"a":1}}}""", "spec.any.known.b")]
    [InlineData("""{"list": [{"x": 1, "a": {"y": 2}}]}""", """{"list":[{"x":1,"a":{}}]}""", "spec.list[0].a.y")]
    [InlineData("""{"map": {"k": {"a": "1", "b": "2"}}}""", """{"map":{"k":{"a":"1"}}}""", "spec.map.k.b")]
    [InlineData("""{"free": {"k": 1, "o": {"x": 1}}}""", """{"free":{"k":1,"o":{}}}""", "spec.free.o.x")]
    [InlineData("""{"items": [{"a": "1"}, {"b": "2"}]}""", """{"items":[{"a":"1"},{}]}""", "spec.items[1].b")]
    [InlineData(
        """{"emb": {"apiVersion": "v1", "kind": "X", "metadata": {"foo": 1, "name": "a"}, "spec": {"y": 1, "x": 2}}}""",
        """{"emb":{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"x":2}}}""",
        "spec.emb.metadata.foo spec.emb.spec.y")]
    public void What_the_schema_does_not_know_is_taken_out_and_named(string spec, string expected, string paths)
    {
        var obj = Object(spec);

        var pruned = Pruner.Prune(Schema, obj);

        Assert.Equal(paths, string.Join(' ', pruned));
        Assert.Equal(expected, obj["spec"]!.ToJsonString());
    }

    [Fact]
    public void Of_metadata_the_fields_stay_that_every_object_has()
    {
        var obj = JsonNode.Parse("""{"apiVersion": "a/v1", "kind": "K", "metadata": {"name": "n", "labels": {"a": "b"}, "foo": 1, "ownerReferences": [{"uid": "u", "bar": 1}]}, "x": 1}""")!.AsObject();

        var pruned = Pruner.Prune(Schema, obj);

        Assert.Equal(["metadata.foo", "metadata.ownerReferences[0].bar", "x"], pruned);
        Assert.Equal(
            """{"apiVersion":"a/v1","kind":"K","metadata":{"name":"n","labels":{"a":"b"},"ownerReferences":[{"uid":"u"}]}}""", obj.ToJsonString());
    }

    [Theory]
    [InlineData("""{}""", """{"nuld":"dd","def":{"a":5,"b":"bb"}}""")]
    [InlineData("""{"nuld": "x", "def": {}}""", """{"nuld":"x","def":{"b":"bb"}}""")]
    [InlineData("""{"nul": null, "nuld": null}""", """{"nul":null,"nuld":"dd","def":{"a":5,"b":"bb"}}""")]
    [InlineData("""{"image": null, "def": {"a": null, "b": null}}""", """{"def":{"b":"bb"},"nuld":"dd"}""")]
    [InlineData("""{"def": null}""", """{"def":{"a":5,"b":"bb"},"nuld":"dd"}""")]
    public void Defaults_fill_what_is_missing_or_null_and_a_null_that_may_not_be_goes(string spec, string expected)
    {
        var obj = Object(spec);

        Defaulter.Apply(Schema, obj);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), obj["spec"]), obj["spec"]!.ToJsonString());
    }

    [Fact]
    public void A_default_is_a_copy_that_can_be_changed()
    {
        var (first, second) = (Object("{}"), Object("{}"));
        Defaulter.Apply(Schema, first);
        first["spec"]!["def"]!["a"] = 6;

        Defaulter.Apply(Schema, second);

        Assert.Equal(5, (int)second["spec"]!["def"]!["a"]!);
    }

    private static JsonObject Object(string spec) => new() { ["spec"] = JsonNode.Parse(spec) };
}
