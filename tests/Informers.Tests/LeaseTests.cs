namespace CrMonitor.Informers.Tests;

public sealed class LeaseTests : IDisposable
{
    private static readonly SharedInformerFactoryOptions InPages = new() { UseStreamingList = false };

    private readonly ScriptedServer _server = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_last_lease_to_end_stops_the_informer_and_the_next_one_gets_a_new_one()
    {
        await using var factory = new SharedInformerFactory(_server.Transport, InPages);
        var one = factory.Lease(WidgetJson.Resource);
        var two = factory.Lease(WidgetJson.Resource, InformerScope.All);
        var first = one.Informer;
        Assert.Same(first, two.Informer);
        first.Start();
        (await _server.NextListAsync()).List("20", Json.Widget("a", 5));
        var watch = (await _server.NextWatchAsync()).Open();
        await first.WaitForSyncAsync(Cancel);

        await one.DisposeAsync();
        await one.DisposeAsync();
        Assert.False(watch.Closed.Task.IsCompleted, "another lease is held");
        Assert.Throws<ObjectDisposedException>(() => one.Informer);

        await two.DisposeAsync();
        Assert.True(watch.Closed.Task.IsCompleted, "nobody holds it");
        Assert.Empty(factory.Informers);
        Assert.Throws<ObjectDisposedException>(first.Start);

        await using var three = factory.Lease(WidgetJson.Resource);
        Assert.NotSame(first, three.Informer);
        three.Informer.Start();
        (await _server.NextListAsync()).List("30");
        await three.Informer.WaitForSyncAsync(Cancel);
        Assert.Equal(0, three.Informer.Lister.Count);
    }

    [Fact]
    public async Task A_lease_takes_its_handlers_with_it_and_leaves_those_of_others()
    {
        await using var factory = new SharedInformerFactory(_server.Transport, InPages);
        await using var stays = factory.Lease(WidgetJson.Resource);
        var goes = factory.Lease(WidgetJson.Resource);
        var left = new RecordingHandler();
        var right = new RecordingHandler();
        stays.AddHandler(left);
        goes.AddHandler(right);
        stays.Informer.Start();
        (await _server.NextListAsync()).List("20", Json.Widget("a", 5));
        await left.NextAsync();
        await right.NextAsync();

        await goes.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => goes.AddHandler(new RecordingHandler()));
        (await _server.NextWatchAsync()).Open().Send(Json.Event("ADDED", Json.Widget("b", 21)));
        Assert.Equal("Added default/b ->0", await left.NextTextAsync());
        Assert.Single(right.All);
    }

    [Fact]
    public async Task An_informer_that_was_asked_for_outlives_its_leases()
    {
        await using var factory = new SharedInformerFactory(_server.Transport, InPages);
        var lease = factory.Lease(WidgetJson.Resource);
        var informer = factory.Informer(WidgetJson.Resource);
        await lease.DisposeAsync();

        Assert.Same(informer, factory.Informer(WidgetJson.Resource));
        informer.Start();
        await _server.NextListAsync();
    }

    [Fact]
    public async Task An_informer_that_was_stopped_by_itself_is_replaced_and_no_longer_waited_for()
    {
        await using var factory = new SharedInformerFactory(_server.Transport, InPages);
        var first = factory.Informer(WidgetJson.Resource);
        factory.Start();
        await _server.NextListAsync();
        var waiting = factory.WaitForSyncAsync(Cancel);
        await first.StopAsync();
        await waiting;

        var second = factory.Informer(WidgetJson.Resource);
        Assert.NotSame(first, second);
        factory.Start();
        (await _server.NextListAsync()).List("20");
        await factory.WaitForSyncAsync(Cancel);
        Assert.True(second.HasSynced);
    }

    [Fact]
    public async Task Stopping_the_factory_waits_for_what_a_lease_is_about_to_stop()
    {
        var factory = new SharedInformerFactory(_server.Transport, InPages);
        var lease = factory.Lease(WidgetJson.Resource);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new RecordingHandler { Before = (_, _) => release.Task };
        lease.Informer.AddHandler(handler);
        lease.Informer.Start();
        (await _server.NextListAsync()).List("20", Json.Widget("a", 5));
        await handler.NextAsync();

        var end = lease.DisposeAsync().AsTask();
        var stop = factory.StopAsync();
        Assert.False(stop.IsCompleted, "a handler's call runs");
        Assert.Throws<ObjectDisposedException>(() => factory.Lease(WidgetJson.Resource));
        release.SetResult();
        await stop;
        await end;
    }

    [Fact]
    public async Task Leases_that_come_and_go_on_many_threads_never_get_a_stopped_informer()
    {
        await using var factory = new SharedInformerFactory(_server.Transport, InPages);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    await using var lease = factory.Lease(WidgetJson.Resource);
                    lease.Informer.Start();
                    lease.AddHandler(new RecordingHandler());
                }
            },
            Cancel)));

        Assert.Empty(factory.Informers);
    }
}
