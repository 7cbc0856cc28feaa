using System.Globalization;
using CrMonitor.Tests;

namespace CrMonitor.Informers.Tests;

public sealed class HandlerTests
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_handler_that_comes_late_is_first_told_what_is_there()
    {
        await using var fixture = new InformerFixture();
        var early = new RecordingHandler();
        fixture.Informer.AddHandler(early);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        await early.NextAsync();

        var late = new RecordingHandler();
        var registration = fixture.Informer.AddHandler(late);
        await registration.WaitForSyncAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Added default/a ->1 initial", await late.NextTextAsync());

        watch.Send(Json.Event("ADDED", Json.Widget("b", 21, size: 2)));
        Assert.Equal("Added default/b ->2", await late.NextTextAsync());
        Assert.Equal("Added default/b ->2", await early.NextTextAsync());
    }

    // Case 76.
    [Fact]
    public async Task Handlers_before_during_and_after_the_first_list_are_told_every_object_once()
    {
        await using var fixture = new InformerFixture();
        var before = new RecordingHandler();
        var during = new RecordingHandler();
        var after = new RecordingHandler();
        fixture.Informer.AddHandler(before);
        fixture.Informer.Start();
        var list = await fixture.Server.NextListAsync();
        fixture.Informer.AddHandler(during);
        list.List("20", Json.Widget("a", 5), Json.Widget("b", 6));
        await fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
        await fixture.Informer.AddHandler(after).WaitForSyncAsync(TestContext.Current.CancellationToken);
        var watch = (await fixture.Server.NextWatchAsync()).Open();
        watch.Send(Json.Event("ADDED", Json.Widget("c", 21)));
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("40", Json.Widget("a", 5), Json.Widget("b", 6), Json.Widget("c", 21), Json.Widget("d", 33));

        foreach (var handler in (RecordingHandler[])[before, during, after])
        {
            List<string> told = [await handler.NextTextAsync(), await handler.NextTextAsync(), await handler.NextTextAsync(), await handler.NextTextAsync()];
            Assert.Equal(["Added default/a ->0 initial", "Added default/b ->0 initial", "Added default/c ->0", "Added default/d ->0"], told.Order());
            Assert.Equal(4, handler.All.Count);
        }
    }

    // Case 78.
    [Fact]
    public async Task Removal_and_stop_at_the_same_time_both_end()
    {
        for (var i = 0; i < 50; i++)
        {
            await using var fixture = new InformerFixture();
            var handler = new RecordingHandler { Before = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) };
            var registration = fixture.Informer.AddHandler(handler, new HandlerOptions { ResyncPeriod = TimeSpan.FromSeconds(1) });
            await fixture.SyncAsync("20", Json.Widget("a", 5), Json.Widget("b", 6));
            await handler.NextAsync();

            await Task.WhenAll(
                Task.Run(() => registration.DisposeAsync().AsTask(), TestContext.Current.CancellationToken),
                Task.Run(fixture.Informer.StopAsync, TestContext.Current.CancellationToken),
                Task.Run(() => registration.DisposeAsync().AsTask(), TestContext.Current.CancellationToken))
                .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Single(handler.All);
        }
    }

    [Fact]
    public async Task A_handler_has_synced_only_when_its_last_initial_call_has_returned()
    {
        await using var fixture = new InformerFixture();
        var calls = 0;
        var handler = new RecordingHandler { Before = (_, token) => ++calls == 2 ? _gate.Task.WaitAsync(token) : Task.CompletedTask };
        var registration = fixture.Informer.AddHandler(handler);
        await fixture.SyncAsync("20", Json.Widget("a", 5), Json.Widget("b", 6));
        await handler.NextAsync();
        await handler.NextAsync();

        Assert.True(fixture.Informer.HasSynced);
        Assert.False(registration.HasSynced, "the second call has not returned");

        _gate.SetResult();
        await registration.WaitForSyncAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_slow_handler_gets_one_merged_change_for_each_key_and_holds_nobody_up()
    {
        await using var fixture = new InformerFixture();
        var slow = new RecordingHandler { Before = (change, token) => change.Key.Name == "held" ? _gate.Task.WaitAsync(token) : Task.CompletedTask };
        var quick = new RecordingHandler();
        var registration = fixture.Informer.AddHandler(slow);
        fixture.Informer.AddHandler(quick);
        var watch = await fixture.SyncAsync("20", Json.Widget("x", 2, size: 2), Json.Widget("y", 3, size: 3));
        watch.Send(Json.Event("ADDED", Json.Widget("held", 21)));
        for (var i = 0; i < 3; i++)
        {
            await slow.NextAsync();
            await quick.NextAsync();
        }

        // While one call is held: two updates, an object that comes and goes, one that goes, and one that comes.
        string[] events =
        [
            Json.Event("MODIFIED", Json.Widget("x", 22, size: 22)), Json.Event("MODIFIED", Json.Widget("x", 23, size: 23)),
            Json.Event("ADDED", Json.Widget("brief", 24)), Json.Event("DELETED", Json.Widget("brief", 25)),
            Json.Event("DELETED", Json.Widget("y", 26, size: 26)), Json.Event("ADDED", Json.Widget("z", 27, size: 27)),
        ];
        foreach (var one in events)
        {
            watch.Send(one);
            await quick.NextAsync();
        }

        Assert.Equal(3, slow.All.Count);
        Assert.Equal(3, registration.PendingCount);
        _gate.SetResult();
        Assert.Equal("Updated default/x 2->23", await slow.NextTextAsync());
        Assert.Equal("Deleted default/y 26->", await slow.NextTextAsync());
        Assert.Equal("Added default/z ->27", await slow.NextTextAsync());
        Assert.Equal(0, registration.PendingCount);
    }

    [Fact]
    public async Task A_recreated_object_is_an_update_between_two_uids_for_a_handler_that_missed_the_deletion()
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
        watch.Send(Json.Bookmark(24));
        await Eventually.TrueAsync(() => fixture.Informer.Lister.ResourceVersion == "24", "all events are in");
        _gate.SetResult();

        var change = await handler.NextAsync();
        Assert.Equal(ChangeKind.Updated, change.Kind);
        Assert.Equal("old-a", change.Old!.Metadata.Uid);
        Assert.Equal("new-a", change.Current!.Metadata.Uid);
        Assert.Equal(1, change.Old.Spec!.Size);
    }

    [Fact]
    public async Task An_object_that_was_recreated_while_disconnected_is_an_update_between_two_uids()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, uid: "old-"), Json.Widget("b", 6));
        await handler.NextAsync();
        await handler.NextAsync();
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("40", Json.Widget("a", 33, uid: "new-"), Json.Widget("b", 6), Json.Widget("c", 34, size: 3));

        List<ResourceChange<Widget>> told = [await handler.NextAsync(), await handler.NextAsync()];
        var recreated = Assert.Single(told, change => change.Key.Name == "a");
        Assert.Equal(("old-a", "new-a"), (recreated.Old!.Metadata.Uid, recreated.Current!.Metadata.Uid));

        // Of a relist, additions are news; what did not change is not told.
        Assert.Contains("Added default/c ->3", told.Select(RecordingHandler.Describe));
        await fixture.Server.NextWatchAsync();
        Assert.Equal(4, handler.All.Count);
    }

    [Fact]
    public async Task The_cache_is_replaced_before_any_handler_is_told_of_a_relist()
    {
        await using var fixture = new InformerFixture();
        List<string> seen = [];
        var handler = new RecordingHandler();
        handler.Before = (change, _) =>
        {
            seen.Add(string.Join(',', fixture.Informer.Lister.List().Select(w => $"{w.Metadata.Name}{w.Spec!.Size.ToString(CultureInfo.InvariantCulture)}").Order()));
            return Task.CompletedTask;
        };
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 1, size: 1), Json.Widget("b", 2, size: 2), Json.Widget("c", 3, size: 3));
        var registration = fixture.Informer.AddHandler(handler);
        await registration.WaitForSyncAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
        {
            await handler.NextAsync();
        }

        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("40", Json.Widget("b", 33, size: 9), Json.Widget("d", 34, size: 4));
        List<string> told = [];
        for (var i = 0; i < 4; i++)
        {
            told.Add(await handler.NextTextAsync());
        }

        Assert.Equal(["Added default/d ->4", "Deleted default/a 1-> unknown", "Deleted default/c 3-> unknown", "Updated default/b 2->9"], told.Order());
        Assert.All(seen.Skip(3), state => Assert.Equal("b9,d4", state));
    }

    // Cases 64 and 67: there is no queue of deltas before the store; what a handler has not been told waits by key.
    [Fact]
    public async Task Changes_that_wait_when_a_relist_comes_end_in_what_the_list_shows_each_key_once()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        var registration = fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 1, size: 1), Json.Widget("b", 2, size: 2), Json.Widget("c", 3, size: 3));
        await registration.WaitForSyncAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
        {
            await handler.NextAsync();
        }

        handler.Before = (_, token) => _gate.Task.WaitAsync(token);
        watch.Send(Json.Event("ADDED", Json.Widget("blocker", 21)));
        await handler.NextAsync();
        watch.Send(Json.Event("DELETED", Json.Widget("a", 22, size: 1)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("b", 23, size: 20)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("c", 24, size: 30)));
        watch.Send(Json.Event("ADDED", Json.Widget("passing", 25)));
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("40", Json.Widget("blocker", 21), Json.Widget("b", 33, size: 200), Json.Widget("new", 34));
        await fixture.Server.NextWatchAsync();
        Assert.Equal(4, registration.PendingCount);
        _gate.SetResult();

        string[] told = [await handler.NextTextAsync(), await handler.NextTextAsync(), await handler.NextTextAsync(), await handler.NextTextAsync()];
        Assert.Equal(["Added default/new ->0", "Deleted default/a 1->", "Deleted default/c 30-> unknown", "Updated default/b 2->200"], told.Order());
        Assert.Equal(0, registration.PendingCount);
    }

    [Fact]
    public async Task What_comes_and_goes_behind_a_blocked_handler_leaves_nothing_to_wait_for()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler { Before = (_, token) => _gate.Task.WaitAsync(token) };
        var registration = fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("blocker", 1));
        await handler.NextAsync();

        for (var i = 0; i < 500; i++)
        {
            watch.Send(Json.Event("ADDED", Json.Widget($"w{i}", 100 + (2 * i))) + Json.Event("DELETED", Json.Widget($"w{i}", 101 + (2 * i))));
        }

        watch.Send(Json.Bookmark(2000));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "2000", TestContext.Current.CancellationToken);
        Assert.Equal(0, registration.PendingCount);
        _gate.SetResult();
    }

    [Fact]
    public async Task A_handler_that_throws_is_logged_and_goes_on_and_others_notice_nothing()
    {
        await using var fixture = new InformerFixture();
        var throwing = new RecordingHandler { Before = (_, _) => throw new InvalidOperationException("on purpose") };
        var other = new RecordingHandler();
        var registration = fixture.Informer.AddHandler(throwing);
        fixture.Informer.AddHandler(other);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 1));
        await registration.WaitForSyncAsync(TestContext.Current.CancellationToken);
        watch.Send(Json.Event("ADDED", Json.Widget("b", 21)));

        await throwing.NextAsync();
        Assert.Equal("Added default/b ->0", await throwing.NextTextAsync());
        await other.NextAsync();
        Assert.Equal("Added default/b ->0", await other.NextTextAsync());
        Assert.Contains(fixture.Logs.Lines, line => line.Contains("default/a", StringComparison.Ordinal) && line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Removal_returns_when_the_running_call_has_ended_and_no_other_follows()
    {
        await using var fixture = new InformerFixture();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new RecordingHandler
        {
            Before = async (_, token) =>
            {
                await using var registered = token.Register(() => cancelled.TrySetResult());
                await _gate.Task;
            },
        };
        var registration = fixture.Informer.AddHandler(handler);
        await fixture.SyncAsync("20", Json.Widget("a", 1), Json.Widget("b", 2));
        await handler.NextAsync();

        var removal = registration.DisposeAsync().AsTask();
        await cancelled.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(removal.IsCompleted, "a call runs");
        _gate.SetResult();
        await removal;
        await registration.DisposeAsync();

        Assert.Single(handler.All);
        Assert.Equal(0, registration.PendingCount);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => registration.WaitForSyncAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_handler_can_remove_itself_from_within_its_call()
    {
        await using var fixture = new InformerFixture();
        HandlerRegistration? registration = null;
        var handler = new RecordingHandler { Before = async (_, _) => await registration!.DisposeAsync() };
        registration = fixture.Informer.AddHandler(handler);
        await fixture.SyncAsync("20", Json.Widget("a", 1), Json.Widget("b", 2));
        await handler.NextAsync();
        await registration.DisposeAsync();

        Assert.Single(handler.All);
    }

    [Fact]
    public async Task A_handler_can_stop_the_informer_from_within_its_call()
    {
        await using var fixture = new InformerFixture();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Informer.AddHandler(new RecordingHandler
        {
            Before = async (_, _) =>
            {
                await fixture.Informer.StopAsync();
                stopped.SetResult();
            },
        });
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 1));

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Many_changes_behind_a_blocked_handler_are_warned_of()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler { Before = (_, token) => _gate.Task.WaitAsync(token) };
        var registration = fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("first", 1));
        await handler.NextAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        watch.Send(string.Concat(Enumerable.Range(21, 1100).Select(i => Json.Event("ADDED", Json.Widget($"w{i}", i)))));
        await watch.Drained();
        await Eventually.TrueAsync(() => registration.PendingCount == 1100, "all wait");

        Assert.Contains(fixture.Logs.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("RecordingHandler", StringComparison.Ordinal));
        _gate.SetResult();
    }
}
