using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

/// <summary>The client's end of a watch.</summary>
public sealed class TestWatch : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private TestWatch(HttpResponseMessage response, StreamReader reader) => (_response, _reader) = (response, reader);

    public static async Task<TestWatch> OpenAsync(HttpClient client, string path, CancellationToken cancellationToken)
    {
        var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return new TestWatch(response, new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken)));
    }

    /// <summary>The next event; null when the stream has ended.</summary>
    public async Task<JsonObject?> NextAsync()
    {
        var line = await _reader.ReadLineAsync(TestContext.Current.CancellationToken);
        return line is null ? null : JsonNode.Parse(line)!.AsObject();
    }

    /// <summary>The next event as "TYPE name", or "TYPE" for those without an object.</summary>
    public async Task<string?> NextNameAsync()
    {
        var next = await NextAsync();
        return next is null ? null : $"{next["type"]} {next["object"]!["metadata"]!["name"]}".TrimEnd();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }
}
