using CrMonitor.Tests;

namespace CrMonitor.Informers.Tests;

public sealed class LifetimeTests
{
    [Theory]
    [InlineData("list")]
    [InlineData("body")]
    [InlineData("backoff")]
    [InlineData("watch")]
    [InlineData("stream")]
    public async Task Stopping_ends_whatever_the_informer_waits_for(string waitingFor)
    {
        var fixture = new InformerFixture();
        fixture.Informer.Start();
        var request = await fixture.Server.NextListAsync();
        ScriptedBody? body = null;
        switch (waitingFor)
        {
            case "body":
                body = request.Open();
                body.Send("""{"kind":"WidgetList",""");
                break;
            case "backoff":
                request.Refuse();
                break;
            case "watch" or "stream":
                request.List("20");
                request = await fixture.Server.NextWatchAsync();
                body = waitingFor == "stream" ? request.Open() : null;
                break;
        }

        if (body is not null)
        {
            await body.Drained();
        }

        await fixture.Factory.StopAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.True(body?.Closed.Task.IsCompleted ?? true, "the body is closed");
        Assert.False(fixture.Server.HasRequest, "nothing is asked after the stop");
        await fixture.DisposeAsync();
    }

    [Fact]
    public async Task Waiting_for_sync_in_vain_names_the_informer_and_its_last_failure()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).Answer(System.Net.HttpStatusCode.Forbidden, Json.Status(403, "Forbidden", "cannot list widgets"));
        await fixture.AfterDelayAsync();
        using var enough = new CancellationTokenSource();
        var waiting = fixture.Factory.WaitForSyncAsync(enough.Token);
        await enough.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Contains("widgets.test.crmonitor.dev", error.Message, StringComparison.Ordinal);
        Assert.Contains("cannot list widgets", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_informer_says_so_instead_of_hanging()
    {
        var fixture = new InformerFixture();
        fixture.Informer.Start();
        fixture.Informer.Start();
        await fixture.Server.NextListAsync();
        var waiting = fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
        await fixture.Factory.StopAsync();
        await fixture.Factory.StopAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Contains("stopped", error.Message, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(fixture.Informer.Start);
        Assert.Throws<ObjectDisposedException>(fixture.Factory.Start);
        Assert.Throws<ObjectDisposedException>(() => fixture.Informer.AddHandler(new RecordingHandler()));
        Assert.Throws<ObjectDisposedException>(() => fixture.Factory.Informer(WidgetJson.Resource));
        Assert.Single(fixture.Server.Log);
    }

    [Fact]
    public async Task One_informer_serves_all_who_ask_for_the_same()
    {
        await using var fixture = new InformerFixture(new InformerScope { Namespaces = ["b", "a"], LabelSelector = LabelSelector.Parse("x=1,y") });

        Assert.Same(fixture.Informer, fixture.Factory.Informer(
            new KubeResource<Widget>(WidgetJson.Default.Widget),
            new InformerScope { Namespaces = ["a", "b"], LabelSelector = LabelSelector.Parse("y, x = 1") }));
        Assert.NotSame(fixture.Informer, fixture.Factory.Informer(WidgetJson.Resource));
        Assert.Same(fixture.Factory.Informer(WidgetJson.Resource), fixture.Factory.Informer(WidgetJson.Resource, InformerScope.All));
        Assert.Equal(2, fixture.Factory.Informers.Count);
    }

    [Fact]
    public async Task Everything_runs_on_the_scheduler_that_started_it()
    {
        using var scheduler = new OneThreadScheduler();
        await using var fixture = new InformerFixture();
        var on = new TaskCompletionSource<TaskScheduler>(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Informer.AddHandler(new RecordingHandler
        {
            Before = (_, _) =>
            {
                on.TrySetResult(TaskScheduler.Current);
                return Task.CompletedTask;
            },
        });
        fixture.Informer.AddIndex("thread", _ => [Environment.CurrentManagedThreadId == scheduler.ThreadId ? "right" : "wrong"]);
        await Task.Factory.StartNew(fixture.Informer.Start, TestContext.Current.CancellationToken, TaskCreationOptions.None, scheduler);
        (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 1));
        (await fixture.Server.NextWatchAsync()).Open().Send(Json.Event("ADDED", Json.Widget("b", 21)));
        await Eventually.TrueAsync(() => fixture.Informer.Lister.Count == 2, "the event is in");

        Assert.Same(scheduler, await on.Task);
        Assert.Equal(2, fixture.Informer.Lister.ByIndex("thread", "right").Count);
    }

    [Fact]
    public async Task Informers_that_are_started_and_stopped_again_and_again_leave_no_unobserved_exception()
    {
        using var unobserved = new UnobservedExceptions();
        for (var i = 0; i < 100; i++)
        {
            await using var fixture = new InformerFixture();
            fixture.Informer.AddHandler(new RecordingHandler());
            fixture.Informer.Start();
            var list = await fixture.Server.NextListAsync();
            // Waits that nobody awaits to their end.
            _ = fixture.Informer.WaitForCacheAsync(cache => cache.Count == 9, TestContext.Current.CancellationToken);
            _ = fixture.Informer.GetAsync(new ObjectKey("default", "a"), "99", TimeSpan.FromDays(1), CancellationToken.None).AsTask();
            if (i % 2 == 0)
            {
                list.List("20", Json.Widget("a", 1));
                (await fixture.Server.NextWatchAsync()).Open();
            }
        }

        // Other tests run at the same time, and their own exceptions are none of this one's concern.
        Assert.DoesNotContain(unobserved.Collect(), exception => exception.ToString().Contains("CrMonitor.Informers", StringComparison.Ordinal));
    }
}
