namespace CrMonitor.Contract.Tests;

public sealed class FutureVersionTests(Servers servers) : ContractTest(servers)
{
    // The requests wait side by side: a server is patient for some seconds.
    [Theory, BothServers]
    public async Task A_version_that_does_not_come_is_too_large(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        const string Future = "resourceVersion=999999999";

        var reads = (Task<Answer>[])
        [
            GetAsync($"{Collection}/a?{Future}"),
            GetAsync($"{Collection}?{Future}"),
            GetAsync($"{Collection}?{Future}&resourceVersionMatch=NotOlderThan"),
        ];
        using var watch = await WatchAsync($"sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&{Future}");
        var error = (await watch.NextAsync())!;

        foreach (var answer in await Task.WhenAll(reads))
        {
            Assert.Equal((504, "Timeout"), (answer.Status, answer.Reason));
            Assert.StartsWith("Timeout: Too large resource version: 999999999, current: ", answer.Message, StringComparison.Ordinal);
            JsonEqual(
                """{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1}""",
                answer.Body["details"]);
        }

        Assert.Equal(("ERROR", "Timeout", 504), ((string?)error["type"], (string?)error["object"]!["reason"], (int?)error["object"]!["code"]));
        Assert.Null(await watch.NextAsync());
    }
}
