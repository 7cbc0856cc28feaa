using System.Net;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

public sealed class WatchingTests : ServerTest
{
    protected override EmbeddedApiServerOptions Options() => new() { TimeProvider = Time, MaximumLogLength = 8 };

    [Fact]
    public async Task A_watch_from_a_version_that_was_compacted_away_is_told_so_in_the_stream()
    {
        var (_, first) = await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync(ConfigMaps, ConfigMap("b"));
        var compacted = Server.Compact();

        using var watch = await WatchAsync(ConfigMaps, $"&resourceVersion={Version(first)}");
        var error = (await watch.NextAsync())!;

        Assert.Equal("ERROR", (string?)error["type"]);
        Assert.Equal((410, "Expired"), ((int?)error["object"]!["code"], (string?)error["object"]!["reason"]));
        Assert.Equal($"too old resource version: {Version(first)} ({compacted})", (string?)error["object"]!["message"]);
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task A_watch_from_a_version_that_fell_out_of_the_log_is_told_so()
    {
        var (_, first) = await CreateAsync(ConfigMaps, ConfigMap("a"));
        for (var i = 0; i < 9; i++)
        {
            await MergeAsync($"{ConfigMaps}/a", new JsonObject { ["data"] = new JsonObject { ["n"] = $"{i}" } });
        }

        using var watch = await WatchAsync(ConfigMaps, $"&resourceVersion={Version(first)}");

        Assert.Equal("ERROR", (string?)(await watch.NextAsync())!["type"]);
    }

    [Fact]
    public async Task Changes_that_are_too_old_are_forgotten()
    {
        var (_, first) = await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync(ConfigMaps, ConfigMap("b"));
        Time.Advance(TimeSpan.FromMinutes(6));
        await CreateAsync(ConfigMaps, ConfigMap("c"));

        using var watch = await WatchAsync(ConfigMaps, $"&resourceVersion={Version(first)}");

        Assert.Equal("ERROR", (string?)(await watch.NextAsync())!["type"]);
    }

    [Fact]
    public async Task An_open_watch_goes_on_after_a_compaction()
    {
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=0");
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        Server.Compact();
        await CreateAsync(ConfigMaps, ConfigMap("b"));

        Assert.Equal("ADDED a", await watch.NextNameAsync());
        Assert.Equal("ADDED b", await watch.NextNameAsync());
    }

    [Fact]
    public async Task Bookmarks_come_in_their_time_and_show_the_latest_revision()
    {
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=1&allowWatchBookmarks=true");
        await CreateAsync(
            "/api/v1/namespaces/default/secrets",
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = new JsonObject { ["name"] = "other" } });
        var next = watch.NextAsync();
        Assert.False(next.IsCompleted, "no event concerns this watch");

        Time.Advance(TimeSpan.FromMinutes(1));
        var bookmark = (await next)!;

        Assert.Equal("BOOKMARK", (string?)bookmark["type"]);
        Assert.Equal(Server.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture), Version(bookmark["object"]!.AsObject()));
    }

    [Fact]
    public async Task A_watch_ends_after_its_time_with_a_last_bookmark_before()
    {
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=10");

        Time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal("BOOKMARK", (string?)(await watch.NextAsync())!["type"]);
        Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task No_bookmark_comes_unasked()
    {
        using var watch = await WatchAsync(ConfigMaps, "&resourceVersion=1&timeoutSeconds=100");

        Time.Advance(TimeSpan.FromSeconds(100));

        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task A_watch_over_a_socket_shows_events_as_they_happen()
    {
        using var client = new HttpClient { BaseAddress = Server.Url };
        using var watch = await TestWatch.OpenAsync(client, $"{ConfigMaps}?watch=true", Token);

        await CreateAsync(ConfigMaps, ConfigMap("a"));
        Assert.Equal("ADDED a", await watch.NextNameAsync());
        await SendAsync(HttpMethod.Delete, $"{ConfigMaps}/a");

        Assert.Equal("DELETED a", await watch.NextNameAsync());
    }

    [Fact]
    public async Task Events_of_a_table_watch_are_tables_and_the_first_names_the_columns()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync(ConfigMaps, ConfigMap("b"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{ConfigMaps}?watch=true");
        request.Headers.TryAddWithoutValidation("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));

        var first = JsonNode.Parse((await reader.ReadLineAsync(Token))!)!["object"]!;
        var second = JsonNode.Parse((await reader.ReadLineAsync(Token))!)!["object"]!;

        Assert.Equal("Table", (string?)first["kind"]);
        Assert.Equal("Name", (string?)first["columnDefinitions"]![0]!["name"]);
        Assert.Equal("b", (string?)second["rows"]![0]!["cells"]![0]);
        Assert.Null(second["columnDefinitions"]);
    }

    [Fact]
    public async Task A_watch_that_does_not_keep_up_is_closed()
    {
        using var slow = await WatchAsync(ConfigMaps);

        // More than the pipe between server and client holds, and then more than the log may hold for one watch.
        var large = new string('x', 200_000);
        for (var i = 0; i < 12; i++)
        {
            var (status, _) = await CreateAsync(ConfigMaps, ConfigMap($"large-{i}", large));
            Assert.Equal(HttpStatusCode.Created, status);
        }

        var read = 0;
        while (await slow.NextAsync() is not null)
        {
            read++;
        }

        Assert.InRange(read, 0, 11);
        Assert.Equal(0, Server.Faults.CountWatches());
    }

    [Fact]
    public async Task A_watch_whose_client_has_gone_is_forgotten()
    {
        var watch = await WatchAsync(ConfigMaps);
        Assert.Equal(1, Server.Faults.CountWatches());

        watch.Dispose();

        await CrMonitor.Tests.Eventually.TrueAsync(() => Server.Faults.CountWatches() == 0, "the watch has ended");
    }
}
