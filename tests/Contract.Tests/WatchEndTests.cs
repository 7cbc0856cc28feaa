namespace CrMonitor.Contract.Tests;

public sealed class WatchEndTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_watch_ends_after_its_time(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        using var watch = await WatchAsync($"resourceVersion={first.Version}&timeoutSeconds=2&allowWatchBookmarks=true");
        while (await watch.NextAsync() is { } bookmark)
        {
            // How many there are before the end depends on a server's clock.
            Assert.Equal("BOOKMARK", (string?)bookmark["type"]);
            Assert.True(long.Parse((string)bookmark["object"]!["metadata"]!["resourceVersion"]!, null) >= long.Parse(first.Version, null));
        }
    }

    [Theory, BothServers]
    public async Task A_watch_that_asks_for_no_bookmarks_ends_without_one(ServerKind server)
    {
        await UseAsync(server);

        using var watch = await WatchAsync("timeoutSeconds=1");

        Assert.Null(await watch.NextAsync());
    }
}
