namespace CrMonitor.Informers.Tests;

/// <summary>When views and what they are views of begin and end.</summary>
public sealed class ViewLifetimeTests
{
    private static readonly KubeResource<DynamicObject> Dynamic = DynamicObject.Of(WidgetJson.Resource);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_leased_view_keeps_what_it_shows_running_after_all_other_leases()
    {
        await using var fixture = new InformerFixture();
        var stored = fixture.Factory.Lease(Dynamic);
        var typed = fixture.Factory.Lease(WidgetJson.Resource);
        var metadata = fixture.Factory.Lease(PartialObjectMetadata.Of(WidgetJson.Resource));
        var watch = await StartAsync(fixture, typed.Informer);
        var (shown, held) = (typed.Informer, stored.Informer);

        await stored.DisposeAsync();
        await metadata.DisposeAsync();
        Assert.False(watch.Closed.Task.IsCompleted, "a view is held");
        Assert.Equal(2, fixture.Factory.Informers.Count);
        Assert.Same(held, fixture.Factory.Find(Dynamic));

        await typed.DisposeAsync();
        Assert.True(watch.Closed.Task.IsCompleted, "nobody holds anything");
        Assert.Empty(fixture.Factory.Informers);
        Assert.Throws<ObjectDisposedException>(shown.Start);
        Assert.Throws<ObjectDisposedException>(held.Start);
        Assert.Throws<ObjectDisposedException>(() => shown.AddHandler(new RecordingHandler()));
    }

    [Fact]
    public async Task The_last_lease_of_a_view_leaves_what_it_shows_to_those_who_use_it()
    {
        await using var fixture = new InformerFixture();
        await using var stored = fixture.Factory.Lease(Dynamic);
        var lease = fixture.Factory.Lease(WidgetJson.Resource);
        var view = lease.Informer;
        view.AddIndex("name", widget => [widget.Metadata.Name]);
        var (ended, handler) = (new RecordingHandler(), new RecordingHandler());
        lease.AddHandler(ended);
        var watch = await StartAsync(fixture, view, Json.Widget("a", 5, size: 1));
        await ended.NextAsync();
        var waiting = view.WaitForAsync(ViewFixture.Key("b"), widget => widget is not null, Cancel);

        await lease.DisposeAsync();
        Assert.Contains("was stopped", (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting)).Message, StringComparison.Ordinal);
        Assert.False(watch.Closed.Task.IsCompleted, "the stored form is held");

        // The next one is new: it has no indexes and no handlers.
        await using var next = fixture.Factory.Lease(WidgetJson.Resource);
        Assert.NotSame(view, next.Informer);
        var index = next.Informer.AddIndex("name", widget => [widget.Metadata.Name]);
        next.AddHandler(handler);
        Assert.Equal("Added default/a ->1 initial", await handler.NextTextAsync());
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 2)));
        Assert.Equal("Updated default/a 1->2", await handler.NextTextAsync());
        Assert.Single(ended.All);
        Assert.Equal(2, Assert.Single(index.Find("a")).Spec!.Size);
    }

    [Fact]
    public async Task The_indexes_of_a_view_go_with_it_and_those_of_others_stay()
    {
        await using var fixture = new InformerFixture();
        var stored = fixture.Factory.Informer(Dynamic);
        var lease = fixture.Factory.Lease(WidgetJson.Resource);
        var calls = 0;
        var gone = lease.Informer.AddIndex("name", widget =>
        {
            Interlocked.Increment(ref calls);
            return [widget.Metadata.Name];
        });
        var own = stored.AddIndex("name", held => [held.Key.Name]);
        var watch = await StartAsync(fixture, stored, Json.Widget("a", 5));
        await lease.DisposeAsync();
        var before = calls;

        watch.Send(Json.Event("ADDED", Json.Widget("b", 21)));
        await stored.WaitForCacheAsync(cache => cache.ResourceVersion == "21", Cancel);
        Assert.Equal(before, calls);
        Assert.Equal("b", Assert.Single(own.Find("b")).Key.Name);
        Assert.Contains("'name (of ", Assert.Throws<ObjectDisposedException>(() => gone.Find("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_a_view_waits_for_the_last_calls_of_its_handlers()
    {
        await using var fixture = new ViewFixture();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new RecordingHandler { Before = (_, _) => release.Task };
        fixture.Typed.AddHandler(handler);
        await fixture.SyncAsync("20", Json.Widget("a", 5));
        await handler.NextAsync();

        var stop = fixture.Typed.StopAsync();
        var again = fixture.Typed.StopAsync();
        var all = fixture.Factory.StopAsync();
        Assert.False(stop.IsCompleted || again.IsCompleted || all.IsCompleted, "a call runs");
        release.SetResult();
        await Task.WhenAll(stop, again, all);
    }

    [Fact]
    public async Task A_handler_that_stops_its_view_is_not_waited_for()
    {
        await using var fixture = new ViewFixture();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Typed.AddHandler(new RecordingHandler
        {
            Before = async (_, _) =>
            {
                await fixture.Typed.StopAsync();
                stopped.SetResult();
            },
        });
        await fixture.SyncAsync("20", Json.Widget("a", 5));
        await stopped.Task.WaitAsync(Cancel);
        Assert.NotSame(fixture.Typed, fixture.Factory.Informer(WidgetJson.Resource));
    }

    [Fact]
    public async Task When_what_is_stored_stops_its_views_are_over()
    {
        await using var fixture = new ViewFixture();
        var handler = new RecordingHandler();
        fixture.Typed.AddHandler(handler);
        await fixture.SyncAsync("20", Json.Widget("a", 5));
        await handler.NextAsync();
        var waiting = fixture.Typed.WaitForAsync(ViewFixture.Key("b"), widget => widget is not null, Cancel);
        var reading = fixture.Metadata.ReadChangesAsync(cancellationToken: Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await reading.MoveNextAsync());

        await fixture.Stored.StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(await reading.MoveNextAsync());
        await reading.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(fixture.Typed.Start);
        Assert.Empty(fixture.Factory.Informers);
        Assert.IsType<SharedInformer<Widget>>(fixture.Factory.Informer(WidgetJson.Resource));
    }

    [Fact]
    public async Task A_view_that_was_asked_for_outlives_its_leases_and_those_of_what_it_shows()
    {
        await using var fixture = new InformerFixture();
        var stored = fixture.Factory.Lease(Dynamic);
        var lease = fixture.Factory.Lease(WidgetJson.Resource);
        var view = fixture.Factory.Informer(WidgetJson.Resource);
        await lease.DisposeAsync();
        await stored.DisposeAsync();
        Assert.Same(view, fixture.Factory.Informer(WidgetJson.Resource));
        await StartAsync(fixture, view);

        await view.StopAsync();
        Assert.Empty(fixture.Factory.Informers);
    }

    [Fact]
    public async Task Leases_of_all_forms_that_come_and_go_on_many_threads_never_get_a_stopped_one()
    {
        await using var fixture = new InformerFixture();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(
            async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    await using var stored = fixture.Factory.Lease(Dynamic);
                    await using var typed = fixture.Factory.Lease(WidgetJson.Resource);
                    await using var metadata = fixture.Factory.Lease(PartialObjectMetadata.Of(WidgetJson.Resource));
                    typed.Informer.Start();
                    typed.AddHandler(new RecordingHandler());
                    metadata.Informer.Start();
                }
            },
            Cancel)));

        Assert.Empty(fixture.Factory.Informers);
    }

    private static async Task<ScriptedBody> StartAsync(InformerFixture fixture, ISharedInformer informer, params string[] items)
    {
        informer.Start();
        (await fixture.Server.NextListAsync()).List("20", items);
        await informer.WaitForSyncAsync(Cancel);
        return (await fixture.Server.NextWatchAsync()).Open();
    }
}
