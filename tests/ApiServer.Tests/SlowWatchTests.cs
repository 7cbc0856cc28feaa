namespace CrMonitor.ApiServer.Tests;

/// <summary>Watches whose clients do not read: they are closed when the log has gone on without them, rather than kept in memory.</summary>
public sealed class SlowWatchTests : ServerTest
{
    private const int LogLength = 8;

    protected override EmbeddedApiServerOptions Options() =>
        new() { TimeProvider = Time, MaximumLogLength = LogLength, MaximumLogAge = TimeSpan.FromMinutes(5) };

    [Theory]
    [InlineData(1, "")]
    [InlineData(3, "")]
    [InlineData(0, "&resourceVersion=1")]
    public async Task A_watch_that_is_not_read_ends_and_can_be_taken_up_again_by_a_list(int initialObjects, string query)
    {
        // More than what is buffered between the server and its client, so that the server has to wait for the client.
        var large = new string('x', 200_000);
        for (var i = 0; i < initialObjects; i++)
        {
            await CreateAsync(ConfigMaps, ConfigMap($"a{i}", large));
        }

        using var watch = await WatchAsync(ConfigMaps, query);
        for (var i = 0; i < 2 * LogLength + 1; i++)
        {
            await CreateAsync(ConfigMaps, ConfigMap($"b{i:00}", large));
        }

        var seen = 0;
        await ReadToEndAsync(watch, () => seen++);

        Assert.InRange(seen, 0, initialObjects + LogLength + 1);
        Assert.Equal(initialObjects + (2 * LogLength) + 1, Names((await GetAsync(ConfigMaps)).Body).Length);
    }

    [Fact]
    public async Task Changes_are_forgotten_by_their_age_without_another_write()
    {
        var (_, created) = await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync(ConfigMaps, ConfigMap("b"));
        using (var early = await WatchAsync(ConfigMaps, $"&resourceVersion={Version(created)}"))
        {
            Assert.Equal("ADDED b", await early.NextNameAsync());
        }

        Time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        using var late = await WatchAsync(ConfigMaps, $"&resourceVersion={Version(created)}");

        Assert.Equal(410, (int?)(await late.NextAsync())!["object"]!["code"]);
    }

    /// <summary>Reads the watch to its end, which may lie in the middle of an event.</summary>
    private static async Task ReadToEndAsync(TestWatch watch, Action seen)
    {
        try
        {
            while (await watch.NextAsync() is not null)
            {
                seen();
            }
        }
        catch (System.Text.Json.JsonException)
        {
            // The last event was cut off with the watch.
        }
    }
}
