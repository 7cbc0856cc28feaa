using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Patching;

namespace CrMonitor.ApiServer.Tests;

/// <summary>What a Kubernetes 1.36 API server answered to the same JSON patches.</summary>
public sealed class PatchJsonTests
{
    private const string Target = """{"spec":{"replicas":1,"labels":{"a":"1"},"args":["p","q"],"nested":{"x":{"y":"1"}},"a/b":1,"c~d":2}}""";

    [Theory]
    [InlineData("""[{"op":"add","path":"/spec/args/1","value":"z"}]""", "args", """["p","z","q"]""")]
    [InlineData("""[{"op":"add","path":"/spec/args/-","value":"z"}]""", "args", """["p","q","z"]""")]
    [InlineData("""[{"op":"add","path":"/spec/args/2","value":"z"}]""", "args", """["p","q","z"]""")]
    [InlineData("""[{"op":"add","path":"/spec/args/-1","value":"z"}]""", "args", """["p","q","z"]""")]
    [InlineData("""[{"op":"add","path":"/spec/args/01","value":"z"}]""", "args", """["p","z","q"]""")]
    [InlineData("""[{"op":"remove","path":"/spec/args/0"}]""", "args", """["q"]""")]
    [InlineData("""[{"op":"remove","path":"/spec/args/-1"}]""", "args", """["p"]""")]
    [InlineData("""[{"op":"replace","path":"/spec/args/0","value":"z"}]""", "args", """["z","q"]""")]
    [InlineData("""[{"op":"add","path":"/spec/replicas","value":3}]""", "replicas", "3")]
    [InlineData("""[{"op":"replace","path":"/spec/replicas","value":3}]""", "replicas", "3")]
    [InlineData("""[{"op":"remove","path":"/spec/labels/a"}]""", "labels", "{}")]
    [InlineData("""[{"op":"move","path":"/spec/image","from":"/spec/labels/a"}]""", "labels", "{}")]
    [InlineData("""[{"op":"move","path":"/spec/image","from":"/spec/labels/a"}]""", "image", "\"1\"")]
    [InlineData("""[{"op":"copy","path":"/spec/image","from":"/spec/labels/a"}]""", "image", "\"1\"")]
    [InlineData(
        """[{"op":"copy","path":"/spec/image","from":"/spec/nested"},{"op":"add","path":"/spec/image/x/y","value":"2"}]""",
        "nested",
        """{"x":{"y":"1"}}""")]
    [InlineData("""[{"op":"test","path":"/spec/replicas","value":1}]""", "replicas", "1")]
    [InlineData("""[{"op":"test","path":"/spec/nested","value":{"x":{"y":"1"}}}]""", "replicas", "1")]
    [InlineData("""[{"op":"test","path":"/spec/image","value":null}]""", "replicas", "1")]
    [InlineData("""[{"op":"replace","path":"/spec/a~1b","value":3}]""", "a/b", "3")]
    [InlineData("""[{"op":"replace","path":"/spec/c~0d","value":3}]""", "c~d", "3")]
    [InlineData("""[{"op":"add","path":"/spec/image","value":"1","extra":1}]""", "image", "\"1\"")]
    [InlineData("[]", "replicas", "1")]
    [InlineData("null", "replicas", "1")]
    public void Operations_change_the_object(string patch, string field, string expected)
    {
        var result = JsonPatch.Apply((JsonObject)JsonNode.Parse(Target)!, JsonNode.Parse(patch));

        Assert.Equal(expected, result["spec"]![field]!.ToJsonString());
    }

    [Theory]
    [InlineData("""[{"op":"add","path":"/spec/args/3","value":"z"}]""")]
    [InlineData("""[{"op":"add","path":"/spec/args/x","value":"z"}]""")]
    [InlineData("""[{"op":"add","path":"/spec/nope/x","value":"z"}]""")]
    [InlineData("""[{"op":"add","path":"/spec/replicas/x","value":"z"}]""")]
    [InlineData("""[{"op":"add","path":"","value":{"a":1}}]""")]
    [InlineData("""[{"op":"replace","path":"/spec/image","value":"z"}]""")]
    [InlineData("""[{"op":"replace","path":"/spec/nope/x","value":"z"}]""")]
    [InlineData("""[{"op":"replace","path":"/spec/args/7","value":"z"}]""")]
    [InlineData("""[{"op":"replace","path":"/spec/args/-","value":"z"}]""")]
    [InlineData("""[{"op":"remove","path":"/spec/labels/b"}]""")]
    [InlineData("""[{"op":"remove","path":"/spec/nope/b"}]""")]
    [InlineData("""[{"op":"remove","path":"/spec/args/2"}]""")]
    [InlineData("""[{"op":"remove","path":""}]""")]
    [InlineData("""[{"op":"move","path":"/spec/image","from":"/spec/labels/b"}]""")]
    [InlineData("""[{"op":"move","path":"/spec/nested/x/y","from":"/spec/nested"}]""")]
    [InlineData("""[{"op":"copy","path":"/spec/image","from":"/spec/labels/b"}]""")]
    [InlineData("""[{"op":"copy","path":"/spec/nope/x","from":"/spec/labels/a"}]""")]
    [InlineData("""[{"op":"test","path":"/spec/replicas","value":2}]""")]
    [InlineData("""[{"op":"test","path":"/spec/replicas","value":1.0}]""")]
    [InlineData("""[{"op":"test","path":"/spec/image","value":"x"}]""")]
    [InlineData("""[{"op":"test","path":"/spec/nope/image","value":"x"}]""")]
    [InlineData("""[{"op":"test","path":"/spec/nested","value":{"x":1}}]""")]
    [InlineData("""[{"op":"add","path":"/spec/image","value":"z"},{"op":"test","path":"/spec/image","value":"y"}]""")]
    public void An_operation_that_does_not_fit_is_refused_with_all_others(string patch)
    {
        var target = (JsonObject)JsonNode.Parse(Target)!;

        var exception = Assert.Throws<ApiException>(() => JsonPatch.Apply(target, JsonNode.Parse(patch)));

        Assert.Equal(422, exception.Code);
        Assert.Equal("Invalid", exception.Reason);
        Assert.Equal("the server rejected our request due to an error in our request", exception.Message);
        Assert.Equal("{}", exception.Details!.ToJsonString());
        Assert.Equal(Target, target.ToJsonString());
    }

    [Theory]
    [InlineData(
        """[{"op":"add","path":"/spec/image"}]""",
        "invalid operation {\"op\":\"add\",\"path\":\"/spec/image\"}: failed to decode 'value': operation, missing value field: missing value")]
    [InlineData(
        """[{"op":"move","path":"/spec/image"}]""",
        "invalid operation {\"op\":\"move\",\"path\":\"/spec/image\"}: failed to decode 'from': operation, missing from field: missing value")]
    [InlineData("""[{"op":"frob","path":"/spec/x"}]""", "invalid operation {\"op\":\"frob\",\"path\":\"/spec/x\"}: unsupported operation")]
    [InlineData("""[{"path":"/spec/x"}]""", "invalid operation {\"path\":\"/spec/x\"}: unsupported operation")]
    [InlineData(
        """[{"op":"add","value":1}]""",
        "invalid operation {\"op\":\"add\",\"value\":1}: failed to decode 'path': operation missing path field: missing value")]
    [InlineData(
        """[{"op":"add","path":5,"value":1}]""",
        "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string")]
    [InlineData(
        """[{"op":5,"path":"/a","value":1}]""",
        "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string")]
    [InlineData("""{"a":1}""", "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")]
    [InlineData("5", "error decoding patch: json: cannot unmarshal number into Go value of type []handlers.jsonPatchOp")]
    [InlineData("[5]", "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp")]
    public void A_malformed_patch_is_a_bad_request(string patch, string message)
    {
        var exception = Assert.Throws<ApiException>(() => JsonPatch.Apply((JsonObject)JsonNode.Parse(Target)!, JsonNode.Parse(patch)));

        Assert.Equal(400, exception.Code);
        Assert.Equal("BadRequest", exception.Reason);
        Assert.Equal(message, exception.Message);
    }

    [Fact]
    public void The_whole_object_can_be_replaced_by_another_but_by_nothing_else()
    {
        var target = (JsonObject)JsonNode.Parse(Target)!;

        Assert.Equal("""{"a":1}""", JsonPatch.Apply(target, JsonNode.Parse("""[{"op":"replace","path":"","value":{"a":1}}]""")).ToJsonString());
        var exception = Assert.Throws<ApiException>(() => JsonPatch.Apply(target, JsonNode.Parse("""[{"op":"replace","path":"","value":[]}]""")));
        Assert.Equal(422, exception.Code);
        Assert.StartsWith(
            " \"\" is invalid: patch: Invalid value: \"[]\": couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_ten_thousand_operations_are_too_many()
    {
        var operations = new JsonArray(
            [.. Enumerable.Range(0, 10_001).Select(static _ => JsonNode.Parse("""{"op":"test","path":"/spec/replicas","value":1}"""))]);

        var exception = Assert.Throws<ApiException>(() => JsonPatch.Apply((JsonObject)JsonNode.Parse(Target)!, operations));

        Assert.Equal(413, exception.Code);
        Assert.Equal("Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001", exception.Message);
    }
}
