using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Tests;

public sealed class SchemaJsonPathTests
{
    private static readonly JsonNode Root = JsonNode.Parse("""
        {
          "a": {"b": 1, "c.d": 2},
          "list": [10, 20, 30],
          "conditions": [{"type": "A", "status": "False", "n": 1}, {"type": "Ready", "status": "True", "n": 5}]
        }
        """)!;

    [Theory]
    [InlineData(".a.b", "1")]
    [InlineData("a.b", "1")]
    [InlineData(@".a.c\.d", "2")]
    [InlineData(".a['c.d']", "2")]
    [InlineData(".list[0]", "10")]
    [InlineData(".list[-1]", "30")]
    [InlineData(".list[1:]", "20 30")]
    [InlineData(".list[*]", "10 20 30")]
    [InlineData(".list[9]", "")]
    [InlineData(".a.*", "1 2")]
    [InlineData("..type", "\"A\" \"Ready\"")]
    [InlineData(".conditions[*].status", "\"False\" \"True\"")]
    [InlineData(".conditions[?(@.type==\"Ready\")].status", "\"True\"")]
    [InlineData(".conditions[?(@.type == 'Ready')].status", "\"True\"")]
    [InlineData(".conditions[?(@.type!='Ready')].status", "\"False\"")]
    [InlineData(".conditions[?(@.n>=5)].type", "\"Ready\"")]
    [InlineData(".conditions[?(@.missing)].type", "")]
    [InlineData(".nope.x", "")]
    public void A_path_finds_its_values(string path, string expected) =>
        Assert.Equal(expected, string.Join(' ', JsonPath.Parse(path).Find(Root).Select(n => n!.ToJsonString())));

    [Theory]
    [InlineData(".a[")]
    [InlineData(".a[x]")]
    [InlineData(".a[?(@.b==)]")]
    [InlineData(".a..")]
    public void What_is_no_path_is_refused_with_the_position(string path) =>
        Assert.StartsWith(
            $"The path '{path}' cannot be read at position",
            Assert.Throws<FormatException>(() => JsonPath.Parse(path)).Message,
            StringComparison.Ordinal);
}
