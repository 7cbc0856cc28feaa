using System.Text.Json;

namespace CrMonitor.Informers.Tests;

public sealed class ReadingTests
{
    private static readonly ObjectKey A = new("default", "a");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_at_least_at_a_version_is_answered_at_once_by_the_object_or_by_what_the_watch_has_passed()
    {
        await using var fixture = new InformerFixture();
        await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));

        Assert.Equal(1, (await fixture.Informer.GetAsync(A, "5", TimeSpan.Zero, Cancel))!.Spec!.Size);
        Assert.Equal(1, (await fixture.Informer.GetAsync(A, "20", TimeSpan.FromSeconds(1), Cancel))!.Spec!.Size);
        Assert.Null(await fixture.Informer.GetAsync(new ObjectKey("default", "gone"), "19", TimeSpan.Zero, Cancel));
    }

    [Fact]
    public async Task A_read_at_least_at_a_version_waits_for_the_object_or_for_the_watch_to_pass()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));

        var event21 = fixture.Informer.GetAsync(A, "21", TimeSpan.FromSeconds(10), Cancel).AsTask();
        var deleted = fixture.Informer.GetAsync(new ObjectKey("default", "b"), "23", TimeSpan.FromSeconds(10), Cancel).AsTask();
        var noted = fixture.Informer.GetAsync(A, "30", TimeSpan.FromSeconds(10), Cancel).AsTask();
        Assert.False(event21.IsCompleted);
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 2)));
        Assert.Equal(2, (await event21)!.Spec!.Size);
        Assert.False(deleted.IsCompleted);

        watch.Send(Json.Bookmark(24));
        Assert.Null(await deleted);
        fixture.Informer.NoteWrite(JsonSerializer.Deserialize(Json.Widget("a", 30, size: 3), WidgetJson.Default.Widget)!);
        Assert.Equal(3, (await noted)!.Spec!.Size);
    }

    [Fact]
    public async Task A_read_that_the_cache_does_not_reach_in_time_says_which_object_and_which_versions()
    {
        await using var fixture = new InformerFixture();
        await fixture.SyncAsync("20", Json.Widget("a", 5));
        var read = fixture.Informer.GetAsync(A, "21", TimeSpan.FromSeconds(3), Cancel).AsTask();
        fixture.Time.Advance(TimeSpan.FromSeconds(3));

        var error = await Assert.ThrowsAsync<StaleCacheException>(() => read);
        Assert.Equal(("widgets.test.crmonitor.dev", A, "21", "20"), (error.Resource.ToString(), error.Key, error.AtLeast, error.Reached));
        Assert.Contains("widgets.test.crmonitor.dev did not show default/a at resourceVersion 21", error.Message, StringComparison.Ordinal);

        using var enough = new CancellationTokenSource();
        var cancelled = fixture.Informer.GetAsync(A, "21", TimeSpan.FromSeconds(3), enough.Token).AsTask();
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Informer.GetAsync(A, "latest", TimeSpan.FromSeconds(3), Cancel).AsTask());
    }

    [Fact]
    public async Task A_wait_for_a_state_ends_when_the_object_is_so_or_gone()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));

        Assert.Equal(1, (await fixture.Informer.WaitForAsync(A, found => found is not null, Cancel))!.Spec!.Size);
        var looks = 0;
        var grown = fixture.Informer.WaitForAsync(A, found => ++looks > 0 && found?.Spec!.Size == 3, Cancel);
        var two = fixture.Informer.WaitForCacheAsync(cache => cache.Count == 2, Cancel);
        var gone = fixture.Informer.WaitForAsync(A, found => found is null, Cancel);
        watch.Send(Json.Event("ADDED", Json.Widget("b", 21)));
        await two;
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 23, size: 3)));
        Assert.Equal(3, (await grown)!.Spec!.Size);
        Assert.Equal(2, looks);
        watch.Send(Json.Event("DELETED", Json.Widget("a", 24, size: 3)));
        Assert.Null(await gone);
    }

    [Fact]
    public async Task Waiting_ends_with_the_caller_his_predicate_or_the_informer()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20");
        using var enough = new CancellationTokenSource();
        var cancelled = fixture.Informer.WaitForAsync(A, found => found is not null, enough.Token);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        var failing = fixture.Informer.WaitForAsync(A, found => found is null ? false : throw new InvalidOperationException("on purpose"), Cancel);
        watch.Send(Json.Event("ADDED", Json.Widget("a", 21)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);

        var stopped = fixture.Informer.WaitForAsync(A, found => found is null, Cancel);
        var read = fixture.Informer.GetAsync(A, "99", TimeSpan.FromSeconds(5), Cancel).AsTask();
        await fixture.Informer.StopAsync();
        Assert.Contains("was stopped", (await Assert.ThrowsAsync<OperationCanceledException>(() => stopped)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task Changes_are_read_as_a_handler_is_told_them_merged_while_the_reader_is_busy()
    {
        await using var fixture = new InformerFixture();
        var quick = new RecordingHandler();
        fixture.Informer.AddHandler(quick);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        await using var changes = fixture.Informer.ReadChangesAsync(cancellationToken: Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal("Added default/a ->1 initial", RecordingHandler.Describe(changes.Current));

        // While the reader works on the first: none of these is lost, and the two of one key become one.
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 2)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 3)));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 23)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "23", Cancel);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal("Updated default/a 1->3", RecordingHandler.Describe(changes.Current));
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal("Added default/b ->0", RecordingHandler.Describe(changes.Current));

        var next = changes.MoveNextAsync();
        await fixture.Informer.StopAsync();
        Assert.False(await next, "the informer has stopped");
    }

    [Fact]
    public async Task A_reader_of_changes_that_leaves_is_removed_and_one_that_is_cancelled_says_so()
    {
        await using var fixture = new InformerFixture();
        await fixture.SyncAsync("20", Json.Widget("a", 5), Json.Widget("b", 6));
        await foreach (var change in fixture.Informer.ReadChangesAsync(cancellationToken: Cancel))
        {
            Assert.True(change.IsInitialList);
            break;
        }

        using var enough = new CancellationTokenSource();
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in fixture.Informer.ReadChangesAsync(cancellationToken: enough.Token))
            {
                if (++seen == 2)
                {
                    await enough.CancelAsync();
                }
            }
        });
        Assert.Equal(0, ((IObservedInformer)fixture.Informer).QueuedItems);
    }
}
