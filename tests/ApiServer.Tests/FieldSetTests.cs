using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Patching;

namespace CrMonitor.ApiServer.Tests;

public sealed class FieldSetTests
{
    private static readonly string[] Elements = ["f:a", "f:b", "f:c", "k:{\"name\":\"x\"}", "v:1", "z:unknown", "."];

    // What is told without reading all of a set must never contradict what reading it tells.
    [Fact]
    public void What_is_told_of_a_set_that_was_not_read_agrees_with_the_set()
    {
        var random = new Random(1);
        var (apart, within) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var json = RandomFields(random, depth: 3);
            var stored = FieldSet.Parse(json);
            var set = FieldSet.Parse(RandomFields(random, depth: 3));
            if (!set.MayIntersect(json))
            {
                apart++;
                Assert.True(set.Intersection(stored).IsEmpty, $"{set.ToJson()} and {json}");
            }

            if (set.IsSurelyWithin(json))
            {
                within++;
                Assert.True(set.IsSubsetOf(stored), $"{set.ToJson()} in {json}");
            }
        }

        Assert.True(apart > 100 && within > 100, $"{apart} apart, {within} within");
    }

    private static JsonObject RandomFields(Random random, int depth)
    {
        var fields = new JsonObject();
        foreach (var element in Elements)
        {
            if (random.Next(4) == 0)
            {
                fields[element] = element == "." || depth == 0 || random.Next(3) == 0 ? new JsonObject() : RandomFields(random, depth - 1);
            }
        }

        return fields;
    }
}
