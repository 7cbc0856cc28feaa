namespace CrMonitor.Informers.Tests;

// Case 85.
public sealed class MutationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("event")]
    [InlineData("list")]
    [InlineData("stop")]
    public async Task A_cached_object_that_somebody_changed_is_named_once(string found)
    {
        await using var fixture = NewFixture(detect: true);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5), Json.Widget("b", 6));
        watch.Send(Json.Event("ADDED", Json.Widget("c", 21)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.Count == 3, Cancel);
        fixture.Informer.Lister.Get(new ObjectKey("default", "c"))!.Spec!.Size = 7;
        switch (found)
        {
            case "event":
                watch.Send(Json.Event("MODIFIED", Json.Widget("c", 22)));
                await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "22", Cancel);
                break;
            case "list":
                watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
                (await fixture.AfterDelayAsync()).Request.List("40", Json.Widget("c", 21));
                await fixture.Server.NextWatchAsync();
                break;
        }

        await fixture.Factory.StopAsync();
        var line = Assert.Single(fixture.Logs.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Contains("Widget default/c was changed in place", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_detector_nothing_is_compared()
    {
        await using var fixture = NewFixture(detect: false);
        await fixture.SyncAsync("20", Json.Widget("a", 5));
        fixture.Informer.Lister.Get(new ObjectKey("default", "a"))!.Spec!.Size = 7;
        await fixture.Factory.StopAsync();

        Assert.DoesNotContain(fixture.Logs.Lines, line => line.Contains("changed in place", StringComparison.Ordinal));
    }

    private static InformerFixture NewFixture(bool detect)
    {
        var logs = new LogRecorder();
        return new InformerFixture(logs: logs, options: time => new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            UseStreamingList = false,
            LoggerFactory = logs,
            Random = new Random(1),
            DetectMutations = detect,
        });
    }
}
