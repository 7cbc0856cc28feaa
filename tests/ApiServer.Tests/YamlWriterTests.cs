using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer.Tests;

public sealed class YamlWriterTests
{
    [Fact]
    public void Fields_stand_by_name_and_lists_no_deeper_than_their_field()
    {
        var body = JsonNode.Parse(
            """{"kind":"List","b":{},"a":[{"y":[["p","q"],[]],"x":1.5},true,null],"metadata":{"continue":"","resourceVersion":"26042"}}""")!.AsObject();

        Assert.Equal(
            """
            a:
            - x: 1.5
              "y":
              - - p
                - q
              - []
            - true
            - null
            b: {}
            kind: List
            metadata:
              continue: ""
              resourceVersion: "26042"

            """,
            YamlWriter.Write(body));
    }

    // The forms that a Kubernetes API server gives these texts.
    [Theory]
    [InlineData("plain text: no", "'plain text: no'")]
    [InlineData("a:b", "a:b")]
    [InlineData("leases \"nope\" not found", "leases \"nope\" not found")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("1e3", "\"1e3\"")]
    [InlineData("2026-03-01T12:00:00Z", "\"2026-03-01T12:00:00Z\"")]
    [InlineData("12:30:45", "\"12:30:45\"")]
    [InlineData("a\nb", "|-\n    a\n    b")]
    [InlineData("a\n\nb\n", "|\n    a\n\n    b")]
    public void A_text_is_quoted_where_YAML_would_take_it_for_something_else(string text, string expected) =>
        Assert.Equal($"a:\n  b: {expected}\n", YamlWriter.Write(new JsonObject { ["a"] = new JsonObject { ["b"] = text } }));

    [Fact]
    public void Whatever_is_written_is_read_as_the_same()
    {
        var seed = 20260301;
        var random = new Random(seed);
        const string Characters = "ab01 :#-?,[]{}&*!|>'\"%@`=~.\n\t\\<\u00e9\u0085\u2028\ud83d\ude00ynoNe_+x";

        for (var i = 0; i < 2_000; i++)
        {
            var texts = Enumerable.Range(0, 4).Select(_ => Text()).ToList();
            var body = new JsonObject
            {
                ["a"] = new JsonObject { [texts[0].Length == 0 ? "k" : texts[0]] = texts[1] },
                ["list"] = new JsonArray(texts[2], new JsonArray(texts[3], new JsonObject { ["z"] = texts[0], ["b"] = texts[1] })),
            };

            var yaml = YamlWriter.Write(body);

            var read = JsonNode.Parse(YamlText.ToJson(Encoding.UTF8.GetBytes(yaml), out _));
            Assert.True(JsonNode.DeepEquals(body, read), $"seed {seed}, {i}:\n{body.ToJsonString()}\n{yaml}\n{read?.ToJsonString()}");
        }

        string Text()
        {
            var text = new StringBuilder();
            for (var length = random.Next(8); length > 0; length--)
            {
                var c = Characters[random.Next(Characters.Length)];
                text.Append(char.IsSurrogate(c) ? "\ud83d\ude00" : c.ToString());
            }

            return text.ToString();
        }
    }
}
