using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>What a server answered.</summary>
internal sealed record Answer(int Code, JsonObject Body, IReadOnlyList<string> Warnings)
{
    public string? Reason => Body["reason"]?.GetValue<string>();

    public string? Message => Body["message"]?.GetValue<string>();

    public string ResourceVersion => Body["metadata"]!["resourceVersion"]!.GetValue<string>();

    /// <summary>The node at a path such as <c>spec.ports.0</c>; <see langword="null"/> where there is none.</summary>
    public JsonNode? At(string path) => At(Body, path);

    public static JsonNode? At(JsonNode? node, string path)
    {
        foreach (var step in path.Split('.'))
        {
            node = node switch
            {
                JsonObject obj => obj[step],
                JsonArray array when int.TryParse(step, out var index) && index < array.Count => array[index],
                _ => null,
            };
        }

        return node;
    }

    /// <summary>Asserts the code and hands the answer on.</summary>
    public Answer Is(int code)
    {
        Assert.True(code == Code, $"Expected {code}, got {Code}: {Body.ToJsonString()}");
        return this;
    }

    /// <summary>Asserts a failure's code, reason and whole message.</summary>
    public Answer IsFailure(int code, string reason, string message)
    {
        Is(code);
        Assert.Equal("Status", At("kind")!.GetValue<string>());
        Assert.Equal("Failure", At("status")!.GetValue<string>());
        Assert.Equal(code, At("code")!.GetValue<int>());
        Assert.Equal(reason, Reason);
        Assert.Equal(message, Message);
        return this;
    }

    /// <summary>Asserts that the node at <paramref name="path"/> is this JSON, or (<see langword="null"/>) absent.</summary>
    public Answer Has(string path, string? json)
    {
        var expected = json is null ? null : JsonNode.Parse(json);
        Assert.True(JsonNode.DeepEquals(expected, At(path)), $"{path}: expected {json ?? "nothing"}, got {At(path)?.ToJsonString() ?? "nothing"}");
        return this;
    }
}
