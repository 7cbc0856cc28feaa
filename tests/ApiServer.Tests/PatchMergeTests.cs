using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Patching;

namespace CrMonitor.ApiServer.Tests;

/// <summary>What a Kubernetes 1.36 API server answered to the same merge patches.</summary>
public sealed class PatchMergeTests
{
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b","c":1}""", """{"a":null}""", """{"c":1}""")]
    [InlineData("""{"a":["b"]}""", """{"a":["c","d"]}""", """{"a":["c","d"]}""")]
    [InlineData("""{"a":{"b":"c","e":1}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d","e":1}}""")]
    [InlineData("""{"a":"text"}""", """{"a":{"b":null,"c":1}}""", """{"a":{"c":1}}""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":"text"}""", """{"a":"text"}""")]
    [InlineData("{}", """{"a":{"b":{"c":null}}}""", """{"a":{"b":{}}}""")]
    [InlineData("{}", """{"a":[null,{"c":null}]}""", """{"a":[null,{}]}""")]
    [InlineData("""{"a":1}""", "{}", """{"a":1}""")]
    public void A_patch_merges_objects_and_replaces_the_rest(string target, string patch, string expected)
    {
        var original = (JsonObject)JsonNode.Parse(target)!;

        var result = MergePatch.Apply(original, JsonNode.Parse(patch));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), result), result.ToJsonString());
        Assert.Equal(JsonNode.Parse(target)!.ToJsonString(), original.ToJsonString());
    }

    [Theory]
    [InlineData("[]", "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}")]
    [InlineData("5", "error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}")]
    [InlineData("\"a\"", "error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}")]
    [InlineData("null", "Invalid JSON Patch")]
    public void A_patch_that_is_no_object_is_a_bad_request(string patch, string message)
    {
        var exception = Assert.Throws<ApiException>(() => MergePatch.Apply([], JsonNode.Parse(patch)));

        Assert.Equal(400, exception.Code);
        Assert.Equal("BadRequest", exception.Reason);
        Assert.Equal(message, exception.Message);
    }
}
