using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>Reads the events of a watch.</summary>
public sealed class WatchReader(HttpResponseMessage response) : IDisposable
{
    // A server that stays silent fails the case, and does not hang it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private StreamReader? _reader;

    public int Status => (int)response.StatusCode;

    /// <summary>The next event; <see langword="null"/> when the stream has ended.</summary>
    public async Task<JsonObject?> NextAsync()
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var cancellationToken = TestContext.Current.CancellationToken;
        var line = await _reader.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Patience, TimeProvider.System, cancellationToken);
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
