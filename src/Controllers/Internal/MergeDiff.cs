using System.Text.Json.Nodes;

namespace CrMonitor.Controllers;

/// <summary>Computes JSON merge patches.</summary>
internal static class MergeDiff
{
    /// <summary>The merge patch that leads from <paramref name="current"/> to <paramref name="desired"/>; empty if they are equal.</summary>
    public static JsonObject Between(JsonObject current, JsonObject desired)
    {
        var patch = new JsonObject();
        foreach (var (name, _) in current)
        {
            if (desired[name] is null)
            {
                patch[name] = null;
            }
        }

        foreach (var (name, value) in desired)
        {
            switch (current[name], value)
            {
                case (_, null):
                    break;
                case (JsonObject from, JsonObject to):
                    if (Between(from, to) is { Count: > 0 } inner)
                    {
                        patch[name] = inner;
                    }

                    break;
                case var (from, to) when !JsonNode.DeepEquals(from, to):
                    patch[name] = to.DeepClone();
                    break;
            }
        }

        return patch;
    }
}
