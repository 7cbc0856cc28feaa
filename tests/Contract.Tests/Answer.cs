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

    /// <summary>The answer is a failure of this kind.</summary>
    public void Refuses(int status, string reason, string message)
    {
        Assert.Equal((status, reason, message), (Status, Reason, Message));
        Assert.Equal("Failure", (string?)Body["status"]);
    }

    /// <summary>The answer is a success; else its message is shown.</summary>
    public Answer Succeeds(int status = 200)
    {
        Assert.True(Status == status, $"{Status}: {Body.ToJsonString()}");
        return this;
    }
}
