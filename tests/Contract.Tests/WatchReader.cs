using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>Reads the events of a watch.</summary>
public sealed class WatchReader(HttpResponseMessage response) : IDisposable
{
    private StreamReader? _reader;

    public int Status => (int)response.StatusCode;

    /// <summary>The next event; <see langword="null"/> when the stream has ended.</summary>
    public async Task<JsonObject?> NextAsync()
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var line = await _reader.ReadLineAsync(TestContext.Current.CancellationToken);
        return string.IsNullOrEmpty(line) ? null : JsonNode.Parse(line)!.AsObject();
    }

    /// <summary>The type of the next event and the name of its object, such as <c>ADDED a</c>.</summary>
    public async Task<string?> NextNameAsync()
    {
        var next = await NextAsync();
        return next is null ? null : $"{next["type"]} {next["object"]!["metadata"]!["name"]}".TrimEnd();
    }

    public void Dispose()
    {
        _reader?.Dispose();
        response.Dispose();
    }
}
