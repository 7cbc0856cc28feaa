using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class ShutdownTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly WorkQueue<string> _queue;

    public ShutdownTests() => _queue = new WorkQueue<string>(new WorkQueueOptions<string> { TimeProvider = _time });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task Callers_that_wait_are_told_of_the_shutdown()
    {
        var takes = Enumerable.Range(0, 3).Select(_ => _queue.TakeAsync(Cancellation).AsTask()).ToArray();

        _queue.ShutDown();

        Assert.All(await Task.WhenAll(takes), item => Assert.Null(item));
    }

    [Fact]
    public void Additions_after_the_shutdown_are_refused_and_counted()
    {
        _queue.ShutDown();

        Assert.False(_queue.Add("a"));
        Assert.False(_queue.AddAfter("b", TimeSpan.FromSeconds(1)));
        Assert.False(_queue.AddAfter("b", TimeSpan.Zero));
        Assert.False(_queue.AddRateLimited("c"));

        Assert.True(_queue.IsShutDown);
        Assert.Equal(4, _queue.RefusedCount);
        Assert.Equal(0, _queue.Retries("c"));
        Assert.Equal((0, 0), (_queue.Count, _queue.WaitingCount));
    }

    [Fact]
    public async Task Keys_that_are_ready_at_the_shutdown_are_still_handed_out()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.ShutDown();
        _queue.ShutDown();

        Assert.Equal("a", _queue.RunNow());
        Assert.Equal("b", _queue.RunNow());
        Assert.Null(await _queue.TakeAsync(Cancellation));
    }

    [Fact]
    public async Task After_a_shutdown_callers_wait_for_a_held_key_that_will_run_again()
    {
        _queue.Add("a");
        var held = _queue.TakeNow();
        _queue.Add("a");
        _queue.ShutDown();
        var next = _queue.TakeAsync(Cancellation).AsTask();
        var afterNext = _queue.TakeAsync(Cancellation).AsTask();
        Assert.False(next.IsCompleted, "its worker may be the last that ever takes a key");

        held.Dispose();

        Assert.Equal("a", (await next)!.Value.Key);
        Assert.Null(await afterNext);
    }

    [Fact]
    public async Task Any_number_of_keys_is_handed_out_and_ended_after_a_shutdown()
    {
        var keys = Enumerable.Range(0, 3 * Inbox<string>.Capacity).Select(i => $"{i}").ToArray();
        foreach (var key in keys)
        {
            _queue.Add(key);
        }

        _queue.ShutDown();

        foreach (var key in keys)
        {
            Assert.Equal(key, _queue.RunNow());
        }

        Assert.Null(await _queue.TakeAsync(Cancellation));
        Assert.Equal(0, _queue.ProcessingCount);
    }

    [Fact]
    public async Task A_drain_finds_work_that_has_ended_since_the_shutdown()
    {
        _queue.Add("a");
        var held = _queue.TakeNow();
        _queue.ShutDown();
        held.Dispose();

        var report = await _queue.DrainAsync(Timeout.InfiniteTimeSpan, Cancellation);

        Assert.Empty(report.Left.Processing);
    }

    [Fact]
    public async Task A_drain_waits_for_held_keys_and_for_their_second_run()
    {
        _queue.Add("a");
        var held = _queue.TakeNow();
        _queue.Add("a");

        var drain = _queue.DrainAsync(TimeSpan.FromMinutes(1), Cancellation);
        Assert.False(_queue.Add("b"));
        held.Dispose();
        Assert.False(drain.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("a", _queue.RunNow());

        var report = await drain;
        Assert.True(report.IsComplete);
        Assert.Equal(TimeSpan.FromSeconds(3), report.Elapsed);
    }

    [Fact]
    public async Task A_drain_waits_for_ready_keys_although_none_is_held()
    {
        _queue.Add("a");
        _queue.Add("b");

        var drain = _queue.DrainAsync(Timeout.InfiniteTimeSpan, Cancellation);
        Assert.False(drain.IsCompleted);
        Assert.Equal(["a", "b"], _queue.RunAllNow());

        Assert.True((await drain).IsComplete);
    }

    [Fact]
    public async Task A_drain_ends_at_its_deadline_and_reports_what_was_left()
    {
        _queue.Add("held");
        using var held = _queue.TakeNow();
        _queue.Add("ready");
        _queue.AddAfter("later", TimeSpan.FromHours(2));
        _queue.AddAfter("sooner", TimeSpan.FromHours(1));

        var drain = _queue.DrainAsync(TimeSpan.FromSeconds(30), Cancellation);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(drain.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        var report = await drain;
        Assert.False(report.IsComplete);
        Assert.Equal(TimeSpan.FromSeconds(30), report.Elapsed);
        Assert.Equal(["ready"], report.Left.Ready);
        Assert.Equal(["held"], report.Left.Processing.Select(key => key.Key));
        Assert.Equal(["sooner", "later"], report.Left.Waiting.Select(key => key.Key));
        Assert.True(report.Left.IsShutDown);
    }

    [Fact]
    public async Task Waiting_keys_do_not_hold_up_a_drain_and_do_not_fall_due_after_it()
    {
        _queue.AddAfter("a", TimeSpan.FromHours(1));

        var report = await _queue.DrainAsync(TimeSpan.FromSeconds(30), Cancellation);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.True(report.IsComplete);
        Assert.Equal("a", Assert.Single(report.Left.Waiting).Key);
        Assert.Equal((0, 1), (_queue.Count, _queue.WaitingCount));
        Assert.Null(await _queue.TakeAsync(Cancellation));
    }

    [Fact]
    public async Task A_shutdown_ends_a_drain_that_waits_for_a_worker()
    {
        _queue.Add("a");
        using var held = _queue.TakeNow();
        var drain = _queue.DrainAsync(Timeout.InfiniteTimeSpan, Cancellation);
        Assert.False(drain.IsCompleted);

        _queue.ShutDown();

        var report = await drain;
        Assert.False(report.IsComplete);
        Assert.Equal("a", Assert.Single(report.Left.Processing).Key);
    }

    [Fact]
    public async Task A_drain_without_time_only_looks()
    {
        _queue.Add("a");
        var report = await _queue.DrainAsync(TimeSpan.Zero, Cancellation);
        Assert.False(report.IsComplete);

        Assert.Equal("a", _queue.RunNow());
        Assert.True((await _queue.DrainAsync(TimeSpan.Zero, Cancellation)).IsComplete);
    }

    [Fact]
    public async Task A_cancelled_drain_throws_and_leaves_the_queue_shut_down()
    {
        using var source = new CancellationTokenSource();
        _queue.Add("a");
        var drain = _queue.DrainAsync(Timeout.InfiniteTimeSpan, source.Token);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drain);
        Assert.True(_queue.IsShutDown);
    }

    [Fact]
    public async Task A_negative_drain_deadline_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("deadline", () => _queue.DrainAsync(TimeSpan.FromSeconds(-1), Cancellation));
        Assert.False(_queue.IsShutDown);
    }

    [Fact]
    public async Task Disposal_drops_what_is_not_held_and_is_repeatable()
    {
        _queue.Add("held");
        var held = _queue.TakeNow();
        _queue.Add("held");
        _queue.Add("ready");
        _queue.AddAfter("waiting", TimeSpan.FromSeconds(1));

        _queue.Dispose();
        _queue.Dispose();

        Assert.Equal((0, 0, 1), (_queue.Count, _queue.WaitingCount, _queue.ProcessingCount));
        Assert.Null(await _queue.TakeAsync(Cancellation));
        held.Dispose();
        Assert.Equal((0, 0), (_queue.Count, _queue.ProcessingCount));
    }

    [Fact]
    public async Task A_scheduler_that_throws_keeps_nobody_else_from_being_told_of_the_shutdown()
    {
        var broken = _queue.TakeAsync(Cancellation);
        AwaitOn(new BrokenScheduler(), broken);
        var others = new[] { _queue.TakeAsync(Cancellation).AsTask(), _queue.TakeAsync(Cancellation).AsTask() };

        Assert.ThrowsAny<Exception>(_queue.ShutDown);

        Assert.Equal([null, null], await Task.WhenAll(others));
    }

    [Fact]
    public async Task A_scheduler_that_throws_keeps_no_other_key_that_falls_due_from_its_worker_and_the_timer_goes_on()
    {
        var time = new CatchingTimeProvider();
        using var queue = new WorkQueue<string>(new WorkQueueOptions<string> { TimeProvider = time });
        AwaitOn(new BrokenScheduler(), queue.TakeAsync(Cancellation));
        var others = new[] { queue.TakeAsync(Cancellation).AsTask(), queue.TakeAsync(Cancellation).AsTask() };
        queue.AddAfter("a", TimeSpan.FromSeconds(1));
        queue.AddAfter("b", TimeSpan.FromSeconds(1));
        queue.AddAfter("c", TimeSpan.FromSeconds(2));

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(time.Errors);
        Assert.Equal("b", (await others[0].WaitAsync(Cancellation))!.Value.Key);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("c", (await others[1].WaitAsync(Cancellation))!.Value.Key);
    }

    private static void AwaitOn(TaskScheduler scheduler, ValueTask<WorkItem<string>?> call)
    {
        // A continuation is queued to the scheduler that was current when it was registered.
        var registration = new Task(() => call.GetAwaiter().OnCompleted(() => { }));
        registration.RunSynchronously(scheduler);
    }

    /// <summary>Its timers survive what their callbacks throw, which the base class's do not.</summary>
    private sealed class CatchingTimeProvider : FakeTimeProvider
    {
        public List<Exception> Errors { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(
                s =>
                {
                    try
                    {
                        callback(s);
                    }
                    catch (Exception e)
                    {
                        Errors.Add(e);
                    }
                },
                state,
                dueTime,
                period);
    }

    private sealed class BrokenScheduler : TaskScheduler
    {
        protected override void QueueTask(Task task) => throw new InvalidOperationException("This scheduler takes no tasks.");

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
