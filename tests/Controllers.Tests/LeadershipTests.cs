using CrMonitor.Informers;
using CrMonitor.Tests;
using Microsoft.Extensions.Logging;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>What a controller does by its leadership: a standby, a term, its end, the next term. Reference: cases 96 (lease lost) and 98.</summary>
public sealed class LeadershipTests
{
    [Fact]
    public async Task A_standby_keeps_its_queue_filled_and_works_it_off_when_it_is_elected_without_a_new_list()
    {
        var leadership = new FakeLeadership();
        await using var rig = new ControllerRig(leadership: leadership);
        await rig.Informers.Widgets.SetAsync(Widget("first"), isInitialList: true);
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget("second"));
        Assert.True(rig.Controller.IsWorking, "a standby is ready");
        Assert.Equal(2, rig.Controller.Queue.Ready.Count);
        Assert.Equal(0, rig.Reconciler.Count);

        var term = Term(rig, 7);
        leadership.Begin(term);

        var runs = new[] { await rig.Reconciler.NextAsync(), await rig.Reconciler.NextAsync() };
        Assert.Equal(["second", "first"], runs.Select(run => run.Key.Name));
        Assert.Equal([ReconcileTrigger.Created, ReconcileTrigger.Listed], runs.Select(run => run.Reasons.Single().Trigger));
        Assert.All(runs, run => Assert.Same(term, run.Leadership));
    }

    [Fact]
    public async Task A_standby_does_not_collect_the_keys_of_objects_that_came_and_went()
    {
        var leadership = new FakeLeadership();
        await using var rig = new ControllerRig(leadership: leadership);
        await rig.StartAsync();
        for (var i = 0; i < 100; i++)
        {
            await rig.Informers.Widgets.SetAsync(Widget($"w{i}"));
            await rig.Informers.Widgets.DeleteAsync(new ObjectKey("default", $"w{i}"));
        }

        Assert.Empty(rig.Controller.Queue.Ready);
    }

    [Fact]
    public async Task An_object_that_comes_while_a_standby_finds_it_missing_is_reconciled_by_the_next_leader()
    {
        var leadership = new FakeLeadership();
        await using var rig = new ControllerRig(leadership: leadership);
        await rig.StartAsync();
        var coming = Task.CompletedTask;
        rig.Informers.Widgets.Cache.Missed = () => coming = rig.Informers.Widgets.SetAsync(Widget());

        // Such as a source that has seen what the object owns.
        rig.Controller.Trigger(Key, new ReconcileReason(ReconcileTrigger.External), isNews: false);
        await coming;
        leadership.Begin(Term(rig));

        var run = await rig.Reconciler.NextAsync();
        Assert.Equal(Key, run.Key);
        Assert.Equal([ReconcileTrigger.Created, ReconcileTrigger.External], run.Reasons.Select(reason => reason.Trigger).Order());
    }

    [Fact]
    public async Task A_process_that_has_led_reconciles_what_was_deleted_while_it_stood_by()
    {
        var leadership = new FakeLeadership();
        await using var rig = new ControllerRig(leadership: leadership);
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        var first = Term(rig);
        leadership.Begin(first);
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        leadership.End();

        await rig.Informers.Widgets.DeleteAsync(Key);
        leadership.Begin(Term(rig));

        Assert.Null((await rig.Reconciler.NextAsync()).Object);
    }

    [Fact]
    public async Task At_the_end_of_a_term_a_running_reconcile_is_cut_off_and_none_begins_until_the_next_term_runs_it_again()
    {
        var leadership = new FakeLeadership();
        await using var rig = new ControllerRig(new FakeReconciler((_, cancellationToken) => RunTests.Forever(cancellationToken)), leadership: leadership);
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        leadership.Begin(Term(rig, 1));
        var cut = await rig.Reconciler.NextAsync();

        rig.Reconciler.Run = (_, _) => ValueTask.FromResult(ReconcileResult.Done);
        leadership.End();
        await Eventually.TrueAsync(() => rig.Controller.Queue.Processing.Count == 0, "the run was cut off and its key given back");
        await rig.Informers.Widgets.SetAsync(Widget("second"));
        Assert.Equal(1, rig.Reconciler.Count);
        Assert.Equal(2, rig.Controller.Queue.Ready.Count);
        Assert.Equal(0, rig.Controller.LostWorkers);
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);

        leadership.Begin(Term(rig, 2));
        var again = await rig.Reconciler.NextAsync();
        Assert.Equal((Key, 1), (again.Key, again.Attempt));
        Assert.Equal(cut.Reasons, again.Reasons);
        Assert.Equal(2, again.Leadership!.Number);
    }

    [Fact]
    public async Task A_write_of_a_run_whose_term_is_over_is_refused_before_it_is_sent_whatever_its_token_says()
    {
        var leadership = new FakeLeadership();
        await using var rig = new ControllerRig(leadership: leadership);
        var failure = LetRunsWrite(rig, before: leadership.End);
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        leadership.Begin(Term(rig));

        var refused = Assert.IsType<LeadershipLostException>(await failure.WaitAsync(TestContext.Current.CancellationToken));
        Assert.Contains("default/operator", refused.Message);
        Assert.Empty(rig.Server.Requests);
        await Eventually.TrueAsync(() => rig.Controller.Queue.Processing.Count == 0, "the run has ended and its key is given back");
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);
        Assert.Single(rig.Controller.Queue.Ready);
    }

    [Fact]
    public async Task A_write_that_is_under_way_at_the_end_of_the_term_is_cut_off()
    {
        var leadership = new FakeLeadership();
        await using var rig = new ControllerRig(leadership: leadership);
        rig.Server.Hangs = true;
        var failure = LetRunsWrite(rig);
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        leadership.Begin(Term(rig));
        await Eventually.TrueAsync(() => rig.Server.Requests.Count == 1, "the write is under way");

        leadership.End();

        Assert.IsType<LeadershipLostException>(await failure.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_write_is_not_sent_again_after_the_end_of_the_term_even_if_no_timer_has_told_of_it()
    {
        var clock = new ClockWithoutTimers();
        using var ended = new CancellationTokenSource();
        var term = new LeadershipTerm("default/operator", "me", 1, 0, TimeSpan.FromSeconds(10), clock, ended, e => Assert.Fail(e.ToString()));
        using var server = new FakeServer();
        server.Answer = _ =>
        {
            clock.Now += TimeSpan.FromSeconds(5);
            var busy = FakeServer.Status(System.Net.HttpStatusCode.TooManyRequests, "TooManyRequests");
            busy.Headers.RetryAfter = new System.Net.Http.Headers.RetryConditionHeaderValue(TimeSpan.Zero);
            return busy;
        };
        List<int> attempts = [];
        var client = server.Kube(new RestClientOptions { OnAttempt = attempt => attempts.Add(attempt.Number) });
        LeadershipTerm.OfThisRun = term;

        await Assert.ThrowsAsync<LeadershipLostException>(
            () => client.UpdateAsync(Widget(), cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(2, server.Requests.Count);
        Assert.Equal([0, 1], attempts);
        Assert.False(term.Ended.IsCancellationRequested, "only the clock has told of it");
    }

    [Fact]
    public async Task Reads_of_a_run_and_writes_of_others_are_not_refused()
    {
        var leadership = new FakeLeadership();
        await using var rig = new ControllerRig(leadership: leadership);
        var done = new TaskCompletionSource();
        rig.Reconciler.Run = async (context, _) =>
        {
            leadership.End();
            await context.Client.GetAsync<Widget>(Key, CancellationToken.None);
            done.SetResult();
            return ReconcileResult.Done;
        };
        rig.Server.Answer = _ => FakeServer.Json(System.Net.HttpStatusCode.OK, """{"metadata":{"name":"w","namespace":"default"}}""");
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        leadership.Begin(Term(rig));
        await done.Task.WaitAsync(TestContext.Current.CancellationToken);

        await rig.Server.Kube().UpdateAsync(Widget(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, rig.Server.Requests.Count);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_an_election()
    {
        await using var rig = new ControllerRig(leadership: new FakeLeadership());
        await rig.StartAsync();

        await rig.StopAsync().WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, rig.Controller.ActiveWorkers);
    }

    [Fact]
    public void A_callback_that_fails_at_the_end_of_a_term_is_reported_and_ends_nothing()
    {
        Exception? reported = null;
        using var source = new CancellationTokenSource();
        var clock = new SimulatedClock(new VirtualWorld());
        var term = new LeadershipTerm("default/operator", "me", 1, 0, TimeSpan.FromSeconds(10), clock, source, e => reported = e);
        term.Ended.Register(() => throw new InvalidOperationException("a mistake"));

        term.End();

        Assert.IsType<InvalidOperationException>(Assert.IsType<AggregateException>(reported).InnerException);
        Assert.True(term.HasEnded);
    }

    [Fact]
    public async Task Where_nobody_is_elected_every_process_leads()
    {
        var leadership = new UncontestedLeadership();

        Assert.Null(await leadership.WaitAsync(TestContext.Current.CancellationToken));
        Assert.True(leadership.IsLeader);
    }

    /// <summary>Lets each run write with a token that nobody cancels. What the first write fails with is the result.</summary>
    private static Task<Exception> LetRunsWrite(ControllerRig rig, Action? before = null)
    {
        var failure = new TaskCompletionSource<Exception>();
        rig.Reconciler.Run = async (context, _) =>
        {
            before?.Invoke();
            try
            {
                await context.Client.UpdateAsync(Widget(), cancellationToken: CancellationToken.None);
            }
            catch (Exception e)
            {
                failure.SetResult(e);
                throw;
            }

            return ReconcileResult.Done;
        };
        return failure.Task;
    }

    private static LeadershipTerm Term(ControllerRig rig, long number = 1) => new(
        "default/operator",
        "me",
        number,
        rig.Time.GetTimestamp(),
        TimeSpan.FromDays(1),
        rig.Time,
        new CancellationTokenSource(),
        e => Assert.Fail(e.ToString()));

    /// <summary>As after a pause of the whole process: the time has passed, and no timer has come so far.</summary>
    private sealed class ClockWithoutTimers : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer();

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    private sealed class FakeLeadership : ILeadership
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource<LeadershipTerm?> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsLeader => Term is not null;

        public LeadershipTerm? Term { get; private set; }

        public string? Holder => Term?.Identity;

        public void Begin(LeadershipTerm term)
        {
            lock (_gate)
            {
                Term = term;
                _next.SetResult(term);
            }
        }

        public void End()
        {
            LeadershipTerm? term;
            lock (_gate)
            {
                term = Term;
                Term = null;
                _next = new TaskCompletionSource<LeadershipTerm?>(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            term?.End();
        }

        public async ValueTask<LeadershipTerm?> WaitAsync(CancellationToken cancellationToken = default)
        {
            Task<LeadershipTerm?> next;
            lock (_gate)
            {
                next = _next.Task;
            }

            return await next.WaitAsync(cancellationToken);
        }
    }
}
