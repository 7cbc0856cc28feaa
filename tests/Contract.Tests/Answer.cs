using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>What a server answered.</summary>
public sealed record Answer(int Status, JsonObject Body, IReadOnlyList<string> Warnings)
{
    public string Message => (string?)Body["message"] ?? "";

    public string Reason => (string?)Body["reason"] ?? "";

    public JsonObject Metadata => Body["metadata"]!.AsObject();

    public string Version => (string)Metadata["resourceVersion"]!;

    public string[] Names => [.. Body["items"]!.AsArray().Select(static i => (string)i!["metadata"]!["name"]!)];

    /// <summary>The node at a path such as <c>spec.ports.0</c>; <see langword="null"/> where there is none.</summary>
    public JsonNode? At(string path)
    {
        JsonNode? node = Body;
        foreach (var step in path.Split('.'))
        {
            node = node switch
            {
                JsonObject obj => obj[step],
                JsonArray array when int.TryParse(step, null, out var index) && index < array.Count => array[index],
                _ => null,
            };
        }

        return node;
    }

    /// <summary>What the fields of a manager are, by its only entry.</summary>
    public JsonNode? FieldsOf(string manager) =>
        Metadata["managedFields"]!.AsArray().Single(m => (string?)m!["manager"] == manager)!["fieldsV1"];

    /// <summary>At the path is this JSON, or (<see langword="null"/>) nothing.</summary>
    public Answer Has(string path, string? json)
    {
        var (expected, actual) = (json is null ? null : JsonNode.Parse(json), At(path));
        Assert.True(JsonNode.DeepEquals(expected, actual), $"{path}: expected {json ?? "nothing"}, but was {actual?.ToJsonString() ?? "nothing"}");
        return this;
    }

    /// <summary>The answer is a failure of this kind.</summary>
    public void Refuses(int status, string reason, string message)
    {
        Assert.True(
            (status, reason, message) == (Status, Reason, Message), $"expected {status} {reason}: {message}\nbut was  {Status} {Reason}: {Message}");
        Assert.Equal("Failure", (string?)Body["status"]);
    }

    /// <summary>There is nothing at the path.</summary>
    public void IsNotServed() => Assert.Equal((404, "404 page not found\n"), (Status, (string?)Body["text"]));

    /// <summary>The answer is a success; else its message is shown.</summary>
    public Answer Succeeds(int status = 200)
    {
        Assert.True(Status == status, $"{Status}: {Body.ToJsonString()}");
        return this;
    }
}
