using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Patching;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Tests;

public sealed class PatchStrategicTests
{
    private static readonly StructuralSchema Text = new() { Type = "string" };

    private static readonly StructuralSchema Schema = Map(("spec", Map(
        ("replicas", new StructuralSchema { Type = "integer" }),
        ("strategy", Map(("type", Text), ("rollingUpdate", Map(("maxSurge", Text))))),
        ("args", new StructuralSchema { Type = "array", Items = Text }),
        ("tags", new StructuralSchema { Type = "array", ListType = "set", PatchMergeKey = "", Items = Text }),
        ("containers", ByName(
            ("name", Text),
            ("image", Text),
            ("args", new StructuralSchema { Type = "array", Items = Text }),
            ("env", ByName(("name", Text), ("value", Text))))))));

    [Theory]
    // Objects merge, nulls remove, lists without a merge key are replaced.
    [InlineData("""{"replicas":1,"args":["a"]}""", """{"replicas":2,"args":["b"]}""", """{"replicas":2,"args":["b"]}""")]
    [InlineData("""{"replicas":1,"args":["a"]}""", """{"args":null}""", """{"replicas":1}""")]
    [InlineData(
        """{"strategy":{"type":"A"}}""",
        """{"strategy":{"rollingUpdate":{"maxSurge":"1","x":null}}}""",
        """{"strategy":{"type":"A","rollingUpdate":{"maxSurge":"1"}}}""")]

    // Items merge by key; a new one comes before those that the patch does not name.
    [InlineData(
        """{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}""",
        """{"containers":[{"name":"b","image":"2"}]}""",
        """{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}""")]
    [InlineData("""{"containers":[{"name":"a"}]}""", """{"containers":[{"name":"n"}]}""", """{"containers":[{"name":"n"},{"name":"a"}]}""")]
    [InlineData(
        """{"containers":[{"name":"a","env":[{"name":"X","value":"1"}]}]}""",
        """{"containers":[{"name":"a","env":[{"name":"X","value":"2"},{"name":"Y","value":"3"}]}]}""",
        """{"containers":[{"name":"a","env":[{"name":"X","value":"2"},{"name":"Y","value":"3"}]}]}""")]

    // $setElementOrder gives the order.
    [InlineData(
        """{"containers":[{"name":"a"},{"name":"b"}]}""",
        """{"$setElementOrder/containers":[{"name":"a"},{"name":"n"},{"name":"b"}],"containers":[{"name":"n"}]}""",
        """{"containers":[{"name":"a"},{"name":"n"},{"name":"b"}]}""")]
    [InlineData(
        """{"containers":[{"name":"a"},{"name":"b"},{"name":"s"}]}""",
        """{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}""",
        """{"containers":[{"name":"b"},{"name":"a"},{"name":"s"}]}""")]
    [InlineData("{}", """{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a"}]}""", """{"containers":[{"name":"a"}]}""")]
    [InlineData("""{"tags":["a","b"]}""", """{"$setElementOrder/tags":["b","c","a"],"tags":["c"]}""", """{"tags":["b","c","a"]}""")]

    // $patch: delete and replace, of items and of objects.
    [InlineData(
        """{"containers":[{"name":"a"},{"name":"b"}]}""", """{"containers":[{"$patch":"delete","name":"a"}]}""", """{"containers":[{"name":"b"}]}""")]
    [InlineData("""{"containers":[{"name":"a"}]}""", """{"containers":[{"$patch":"delete","name":"zzz"}]}""", """{"containers":[{"name":"a"}]}""")]
    [InlineData(
        """{"containers":[{"name":"a","image":"1"}]}""",
        """{"containers":[{"$patch":"replace"},{"name":"c"}]}""",
        """{"containers":[{"name":"c"}]}""")]
    [InlineData(
        """{"containers":[{"name":"a","image":"1"}]}""",
        """{"containers":[{"name":"a","env":[{"$patch":"delete","name":"X"},{"name":"Y"}]}]}""",
        """{"containers":[{"name":"a","image":"1","env":[{"name":"Y"}]}]}""")]
    [InlineData(
        """{"strategy":{"type":"A","rollingUpdate":{"maxSurge":"1"}}}""",
        """{"strategy":{"$patch":"replace","type":"B"}}""",
        """{"strategy":{"type":"B"}}""")]
    [InlineData("""{"strategy":{"type":"A"}}""", """{"strategy":{"$patch":"delete"}}""", """{"strategy":{}}""")]
    [InlineData("{}", """{"strategy":{"$patch":"delete"}}""", "{}")]

    // $retainKeys drops all others.
    [InlineData(
        """{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"1"}}}""",
        """{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}""",
        """{"strategy":{"type":"Recreate"}}""")]

    // Sets merge by value.
    [InlineData("""{"tags":["a","b"]}""", """{"tags":["c","a"]}""", """{"tags":["c","a","b"]}""")]
    [InlineData("""{"tags":["a","b","c"]}""", """{"$deleteFromPrimitiveList/tags":["b","x"]}""", """{"tags":["a","c"]}""")]
    public void A_patch_merges_along_the_schema(string target, string patch, string expected)
    {
        var original = Parse($$"""{"spec":{{target}} }""");

        var result = StrategicMergePatch.Apply(original, Parse($$"""{"spec":{{patch}} }"""), Schema);

        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(expected), result["spec"]), $"Expected: {expected}\nActual:   {result["spec"]!.ToJsonString()}");
        Assert.Equal(Parse($$"""{"spec":{{target}} }""").ToJsonString(), original.ToJsonString());
    }

    [Fact]
    public void Finalizers_and_owners_in_the_metadata_merge_for_every_kind()
    {
        var target = Parse("""{"metadata":{"finalizers":["a"],"ownerReferences":[{"uid":"1","name":"x"}],"labels":{"a":"1"}}}""");

        var result = StrategicMergePatch.Apply(
            target,
            Parse("""{"metadata":{"finalizers":["b"],"ownerReferences":[{"$patch":"delete","uid":"1"}],"labels":{"b":"1"}}}"""),
            Schema);

        Assert.Equal("""{"finalizers":["b","a"],"ownerReferences":[],"labels":{"a":"1","b":"1"}}""", result["metadata"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"strategy":{"$patch":"frob"}}""", 500, "unknown patch type: frob in map: {\"$patch\":\"frob\"}")]
    [InlineData("""{"containers":[{"$patch":"merge","name":"a"}]}""", 500, "merging lists cannot yet be specified in the patch")]
    [InlineData("""{"containers":[{"image":"a"}]}""", 500, "map: {\"image\":\"a\"} does not contain declared merge key: name")]
    [InlineData("""{"strategy":{"$retainKeys":["rollingUpdate"],"type":"x"}}""", 400, "invalid patch format of retainKeys")]
    [InlineData("""{"$deleteFromPrimitiveList/tags":"a"}""", 400, "invalid patch format of primitive list")]
    [InlineData(
        """{"$setElementOrder/tags":["a","b"],"tags":["b","a"]}""",
        500,
        "The order in patch list:\n[\"b\",\"a\"]\n doesn't match $setElementOrder list:\n[\"a\",\"b\"]\n")]
    public void A_malformed_directive_is_refused(string patch, int code, string message)
    {
        var target = Parse("""{"spec":{"strategy":{"type":"A"},"containers":[{"name":"a"}],"tags":["a"]}}""");

        var exception = Assert.Throws<ApiException>(() => StrategicMergePatch.Apply(target, Parse($$"""{"spec":{{patch}} }"""), Schema));

        Assert.Equal(code, exception.Code);
        Assert.Equal(message, exception.Message);
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static StructuralSchema Map(params (string Name, StructuralSchema Schema)[] fields) =>
        new() { Type = "object", Properties = fields.ToDictionary(static field => field.Name, static field => field.Schema) };

    private static StructuralSchema ByName(params (string Name, StructuralSchema Schema)[] fields) =>
        new() { Type = "array", ListType = "map", ListMapKeys = ["name"], PatchMergeKey = "name", Items = Map(fields) };
}
