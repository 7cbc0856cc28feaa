namespace CrMonitor.Informers.Tests;

public sealed class HandlerOptionsTests
{
    private static readonly HandlerOptions EverySecond = new() { ResyncPeriod = TimeSpan.FromSeconds(1), ResyncJitter = 0 };

    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Case 79.
    [Fact]
    public async Task An_object_that_came_and_went_while_the_handler_was_busy_is_told_to_those_who_ask_for_it()
    {
        await using var fixture = new InformerFixture();
        var busy = new TaskCompletionSource();
        var handler = new RecordingHandler { Before = (change, token) => change.Key.Name == "held" ? busy.Task.WaitAsync(token) : Task.CompletedTask };
        fixture.Informer.AddHandler(handler, new HandlerOptions { TellBriefObjects = true });
        var watch = await fixture.SyncAsync("20");
        watch.Send(Json.Event("ADDED", Json.Widget("held", 21)));
        await handler.NextAsync();

        watch.Send(Json.Event("ADDED", Json.Widget("brief", 22, size: 2)));
        watch.Send(Json.Event("DELETED", Json.Widget("brief", 23, size: 3)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "23", TestContext.Current.CancellationToken);
        busy.SetResult();

        Assert.Equal("Added default/brief ->3", await handler.NextTextAsync());
        Assert.Equal("Deleted default/brief 3->", await handler.NextTextAsync());
    }

    [Fact]
    public async Task Each_handler_is_told_again_at_its_own_pace_and_real_changes_always()
    {
        await using var fixture = new InformerFixture();
        var quick = new RecordingHandler();
        var slow = new RecordingHandler();
        var never = new RecordingHandler();
        fixture.Informer.AddHandler(quick, EverySecond);
        fixture.Informer.AddHandler(slow, new HandlerOptions { ResyncPeriod = TimeSpan.FromSeconds(3), ResyncJitter = 0 });
        fixture.Informer.AddHandler(never);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        await quick.NextAsync();
        await slow.NextAsync();
        await never.NextAsync();
        await fixture.Time.NextDelayAsync();
        await fixture.Time.NextDelayAsync();

        for (var second = 1; second <= 3; second++)
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            var again = await quick.NextAsync();
            Assert.True(again.IsResync);
            Assert.Same(again.Old, again.Current);
            Assert.Same(fixture.Informer.Lister.Get(again.Key), again.Current);
            await NextDelayAsync(fixture, TimeSpan.FromSeconds(1));
        }

        Assert.Equal("Updated default/a 1->1 resync", await slow.NextTextAsync());
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 2)));
        Assert.Equal("Updated default/a 1->2", await quick.NextTextAsync());
        Assert.Equal("Updated default/a 1->2", await slow.NextTextAsync());
        Assert.Equal("Updated default/a 1->2", await never.NextTextAsync());
        Assert.Equal(2, never.All.Count);
        Assert.Equal(3, slow.All.Count);
        Assert.Single(fixture.Server.Log, line => !line.Contains("watch", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_resync_leaves_out_keys_that_wait_and_becomes_a_real_change_if_one_comes_before_it_is_told()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler { Before = (change, token) => change.Key.Name == "held" ? _gate.Task.WaitAsync(token) : Task.CompletedTask };
        var registration = fixture.Informer.AddHandler(handler, EverySecond);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1), Json.Widget("b", 6, size: 1));
        await handler.NextAsync();
        await handler.NextAsync();
        watch.Send(Json.Event("ADDED", Json.Widget("held", 21)));
        await handler.NextAsync();
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 2)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "22", Cancel);

        await NextDelayAsync(fixture, TimeSpan.FromSeconds(1));
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await NextDelayAsync(fixture, TimeSpan.FromSeconds(1));
        Assert.Equal(3, registration.PendingCount);
        watch.Send(Json.Event("DELETED", Json.Widget("b", 23, size: 3)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "23", Cancel);
        _gate.SetResult();

        Assert.Equal("Updated default/a 1->2", await handler.NextTextAsync());
        string[] rest = [await handler.NextTextAsync(), await handler.NextTextAsync()];
        Assert.Equal(["Deleted default/b 3->", "Updated default/held 0->0 resync"], rest.Order());
    }

    [Fact]
    public async Task A_resync_waits_for_its_jitter_and_ends_with_its_handler()
    {
        await using var fixture = new InformerFixture(options: time => new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            Random = new FixedRandom(0.5),
            UseStreamingList = false,
        });
        var handler = new RecordingHandler();
        var registration = fixture.Informer.AddHandler(handler, new HandlerOptions { ResyncPeriod = TimeSpan.FromSeconds(10), ResyncJitter = 0.4 });
        await fixture.SyncAsync("20", Json.Widget("a", 5));
        await handler.NextAsync();

        Assert.Equal(TimeSpan.FromSeconds(12), await fixture.Time.SkipDelayAsync());
        Assert.True((await handler.NextAsync()).IsResync);
        await NextDelayAsync(fixture, TimeSpan.FromSeconds(12));
        await registration.DisposeAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(2, handler.All.Count);
    }

    [Fact]
    public async Task A_handler_that_is_called_synchronously_is_told_as_soon_as_the_cache_is_written_and_sees_it_written()
    {
        await using var fixture = new InformerFixture();
        List<int?> seen = [];
        var handler = new RecordingHandler
        {
            Before = (change, _) =>
            {
                seen.Add(fixture.Informer.Lister.Get(change.Key)?.Spec?.Size);
                return Task.CompletedTask;
            },
        };
        var early = fixture.Informer.AddHandler(handler, new HandlerOptions { CallSynchronously = true });
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        Assert.True(early.HasSynced);
        Assert.Equal(["Added default/a ->1 initial"], handler.All);

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 2)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "21", Cancel);
        watch.Send(Json.Event("DELETED", Json.Widget("a", 22, size: 3)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "22", Cancel);
        watch.Send(Json.Event("ADDED", Json.Widget("b", 23, size: 4)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "23", Cancel);
        Assert.Equal(["Added default/a ->1 initial", "Updated default/a 1->2", "Deleted default/a 3->", "Added default/b ->4"], handler.All);
        Assert.Equal([1, 2, null, 4], seen);

        var late = new RecordingHandler();
        Assert.True(fixture.Informer.AddHandler(late, new HandlerOptions { CallSynchronously = true }).HasSynced);
        Assert.Equal(["Added default/b ->4 initial"], late.All);
    }

    [Fact]
    public async Task A_handler_that_is_called_synchronously_is_told_again_by_resyncs_and_nothing_after_its_end()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        var options = new HandlerOptions { CallSynchronously = true, ResyncPeriod = TimeSpan.FromSeconds(1), ResyncJitter = 0 };
        var registration = fixture.Informer.AddHandler(handler, options);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        await handler.NextAsync();
        Assert.Equal(TimeSpan.FromSeconds(1), await fixture.Time.SkipDelayAsync());
        Assert.Equal("Updated default/a 1->1 resync", await handler.NextTextAsync());

        await registration.DisposeAsync();
        await registration.DisposeAsync();
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 2)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "21", Cancel);
        Assert.Equal(2, handler.All.Count);
    }

    [Fact]
    public async Task A_handler_that_is_called_synchronously_and_waits_or_fails_is_named_and_holds_nobody_up()
    {
        await using var fixture = new InformerFixture();
        var waiting = new RecordingHandler { Before = (_, token) => _gate.Task.WaitAsync(token) };
        var failing = new RecordingHandler { Before = (_, _) => throw new InvalidOperationException("It fails.") };
        fixture.Informer.AddHandler(waiting, new HandlerOptions { CallSynchronously = true });
        fixture.Informer.AddHandler(failing, new HandlerOptions { CallSynchronously = true });
        await fixture.SyncAsync("20", Json.Widget("a", 5), Json.Widget("b", 6));

        Assert.Equal(2, waiting.All.Count);
        Assert.Equal(2, failing.All.Count);
        Assert.Equal(4, fixture.Logs.Lines.Count(static line => line.StartsWith("Error", StringComparison.Ordinal)
            && line.Contains($"the handler {typeof(RecordingHandler)} failed on Added of default/", StringComparison.Ordinal)));
        _gate.SetException(new InvalidOperationException("It fails late."));
        await fixture.Informer.StopAsync();
    }

    [Fact]
    public async Task Readers_of_changes_wait_for_who_reads_whatever_the_options_say()
    {
        await using var fixture = new InformerFixture();
        await fixture.SyncAsync("20", Json.Widget("a", 5), Json.Widget("b", 6));
        List<string> told = [];
        await foreach (var change in fixture.Informer.ReadChangesAsync(new HandlerOptions { CallSynchronously = true }, Cancel))
        {
            told.Add(RecordingHandler.Describe(change));
            if (told.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["Added default/a ->0 initial", "Added default/b ->0 initial"], told.Order());
        Assert.DoesNotContain(fixture.Logs.Lines, static line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HandlerOptions { ResyncPeriod = TimeSpan.FromMilliseconds(999) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new HandlerOptions { ResyncJitter = 1.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new HandlerOptions { ResyncJitter = double.NaN });
    }

    // Case 71.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_asks_for_it_is_told_a_recreation_in_two_steps(bool duringDisconnect)
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler, new HandlerOptions { SplitRecreations = true });
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1, uid: "old-"));
        await handler.NextAsync();
        if (duringDisconnect)
        {
            watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
            (await fixture.AfterDelayAsync()).Request.List("40", Json.Widget("a", 33, size: 3, uid: "new-"));
        }
        else
        {
            handler.Before = (_, token) => _gate.Task.WaitAsync(token);
            watch.Send(Json.Event("ADDED", Json.Widget("blocker", 21)));
            await handler.NextAsync();
            watch.Send(Json.Event("DELETED", Json.Widget("a", 22, size: 2, uid: "old-")));
            watch.Send(Json.Event("ADDED", Json.Widget("a", 23, size: 3, uid: "new-")));
            await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "23", Cancel);
            _gate.SetResult();
        }

        var deletion = await handler.NextAsync();
        var addition = await handler.NextAsync();
        Assert.Equal(duringDisconnect ? "Deleted default/a 1-> unknown" : "Deleted default/a 2->", RecordingHandler.Describe(deletion));
        Assert.Equal("old-a", deletion.Old!.Metadata.Uid);
        Assert.Equal("Added default/a ->3", RecordingHandler.Describe(addition));
        Assert.Equal("new-a", addition.Current!.Metadata.Uid);
    }

    [Fact]
    public async Task A_deletion_shows_the_object_that_the_handler_knew_and_never_a_later_one()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1, uid: "old-"));
        await handler.NextAsync();
        handler.Before = (_, token) => _gate.Task.WaitAsync(token);
        watch.Send(Json.Event("ADDED", Json.Widget("blocker", 21)));
        await handler.NextAsync();
        watch.Send(Json.Event("DELETED", Json.Widget("a", 22, size: 2, uid: "old-")));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 23, size: 3, uid: "new-")));
        watch.Send(Json.Event("DELETED", Json.Widget("a", 24, size: 4, uid: "new-")));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "24", Cancel);
        _gate.SetResult();

        var change = await handler.NextAsync();
        Assert.Equal("Deleted default/a 2->", RecordingHandler.Describe(change));
        Assert.Equal("old-a", change.Old!.Metadata.Uid);
    }

    /// <summary>Waits until somebody waits for <paramref name="expected"/> again.</summary>
    private static async Task NextDelayAsync(InformerFixture fixture, TimeSpan expected)
    {
        while (await fixture.Time.NextDelayAsync() != expected)
        {
        }
    }

    private sealed class FixedRandom(double value) : Random
    {
        public override double NextDouble() => value;
    }
}
