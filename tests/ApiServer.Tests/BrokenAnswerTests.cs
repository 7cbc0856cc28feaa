using System.Text;
using System.Text.Json;

namespace CrMonitor.ApiServer.Tests;

/// <summary>Answers that go wrong on their way, without a socket and with one.</summary>
public sealed class BrokenAnswerTests : ServerTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_is_closed_after_as_many_bytes_as_were_asked_for(bool overSocket)
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        using var socket = new HttpClient { BaseAddress = Server.Url };
        using var fault = Server.Faults.Disconnect(times: 1, afterBytes: 20);

        var (text, error) = await ReadToEndAsync(overSocket ? socket : Client, ConfigMaps);

        Assert.Equal("{\"apiVersion\":\"v1\",\"", text);
        Assert.NotNull(error);
        Assert.Equal(("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMapList\"", null), await StartOfAsync(overSocket ? socket : Client, ConfigMaps));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_is_shorter_than_the_limit_comes_whole(bool overSocket)
    {
        using var socket = new HttpClient { BaseAddress = Server.Url };
        using var fault = Server.Faults.Disconnect(afterBytes: 100_000);

        var (text, error) = await ReadToEndAsync(overSocket ? socket : Client, ConfigMaps);

        Assert.Null(error);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(text).RootElement.ValueKind);
        Assert.Equal(1, fault.HitCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_list_is_cut_in_the_middle_of_an_object_and_ends_in_good_order(bool overSocket)
    {
        await CreateAsync(ConfigMaps, ConfigMap("a", "a \"quoted\" } brace \\"));
        await CreateAsync(ConfigMaps, ConfigMap("b"));
        await CreateAsync(ConfigMaps, ConfigMap("c"));
        using var socket = new HttpClient { BaseAddress = Server.Url };
        using var fault = Server.Faults.Cut(times: 1, afterObjects: 1);

        var (text, error) = await ReadToEndAsync(overSocket ? socket : Client, ConfigMaps);

        Assert.Null(error);
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(text));
        using var closed = JsonDocument.Parse(text + "}]}");
        Assert.Equal(2, closed.RootElement.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_single_object_is_cut_before_its_end(bool overSocket)
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        using var socket = new HttpClient { BaseAddress = Server.Url };
        using var fault = Server.Faults.Cut(static r => r.Verb == "get", times: 1);

        var (text, error) = await ReadToEndAsync(overSocket ? socket : Client, $"{ConfigMaps}/a");

        Assert.Null(error);
        using var closed = JsonDocument.Parse(text + "}");
        Assert.Equal("ConfigMap", closed.RootElement.GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watch_is_cut_in_the_middle_of_an_event(bool overSocket)
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync(ConfigMaps, ConfigMap("b"));
        using var socket = new HttpClient { BaseAddress = Server.Url };
        using var fault = Server.Faults.Cut(static r => r.Verb == "watch", times: 1, afterObjects: 1);

        var (text, error) = await ReadToEndAsync(overSocket ? socket : Client, $"{ConfigMaps}?watch=true");

        Assert.Null(error);
        var lines = text.Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Equal("a", Name(lines[0]));
        Assert.Equal("b", Name(lines[1] + "}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_frozen_answer_stays_open_and_sends_no_more(bool overSocket)
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        using var socket = new HttpClient { BaseAddress = Server.Url };
        using var fault = Server.Faults.Freeze(static r => r.Verb == "watch", times: 1, afterBytes: 16);
        using var response = await (overSocket ? socket : Client).GetAsync(
            new Uri($"{ConfigMaps}?watch=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await response.Content.ReadAsStreamAsync(Token);

        var first = new byte[16];
        await body.ReadExactlyAsync(first, Token);
        var next = body.ReadAsync(new byte[1], Token).AsTask();
        await CreateAsync(ConfigMaps, ConfigMap("b"));

        Assert.Equal("{\"type\":\"ADDED\",", Encoding.UTF8.GetString(first));
        Assert.Equal(1, Server.Faults.CountWatches());
        Assert.False(next.IsCompleted);
        Server.Faults.DropWatches();
        await Assert.ThrowsAnyAsync<IOException>(() => next);
    }

    [Fact]
    public async Task A_server_that_restarts_with_its_data_goes_on_where_it_was()
    {
        var url = Server.Url;
        var (_, created) = await CreateAsync(ConfigMaps, ConfigMap("a"));

        await Server.RestartAsync(cancellationToken: Token);
        using var watch = await WatchAsync(ConfigMaps, $"&resourceVersion={Version(created)}");
        await CreateAsync(ConfigMaps, ConfigMap("b"));

        Assert.Equal("ADDED b", await watch.NextNameAsync());
        Assert.Equal(url, Server.Url);
        Assert.Equal(["a", "b"], Names((await GetAsync(ConfigMaps)).Body));
    }

    [Fact]
    public async Task A_server_that_restarts_without_its_data_is_a_new_one_on_the_same_port()
    {
        var url = Server.Url;
        var before = Server.Revision;
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        using var watch = await WatchAsync(ConfigMaps);
        Assert.Equal("ADDED a", await watch.NextNameAsync());

        await Server.RestartAsync(keepsData: false, Token);

        await Assert.ThrowsAnyAsync<IOException>(watch.NextAsync);
        using var socket = new HttpClient { BaseAddress = url };
        Assert.Equal(before, Server.Revision);
        Assert.Contains("\"items\":[]", await socket.GetStringAsync(new Uri(ConfigMaps, UriKind.Relative), Token), StringComparison.Ordinal);
        Assert.Equal(["a"], [(string?)(await CreateAsync(ConfigMaps, ConfigMap("a"))).Body["metadata"]!["name"]]);
    }

    private static string? Name(string watchEvent)
    {
        using var json = JsonDocument.Parse(watchEvent);
        return json.RootElement.GetProperty("object").GetProperty("metadata").GetProperty("name").GetString();
    }

    private static async Task<(string Text, Exception? Error)> StartOfAsync(HttpClient client, string path)
    {
        var (text, error) = await ReadToEndAsync(client, path);
        return (text[..Math.Min(text.Length, 41)], error);
    }

    /// <summary>Reads the body until it ends, in whichever way.</summary>
    private static async Task<(string Text, Exception? Error)> ReadToEndAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await response.Content.ReadAsStreamAsync(Token);
        using var all = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (await body.ReadAsync(buffer, Token) is > 0 and var read)
            {
                all.Write(buffer, 0, read);
            }

            return (Encoding.UTF8.GetString(all.ToArray()), null);
        }
        catch (IOException e)
        {
            return (Encoding.UTF8.GetString(all.ToArray()), e);
        }
    }
}
