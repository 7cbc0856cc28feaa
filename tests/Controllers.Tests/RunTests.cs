using System.Collections.Concurrent;
using System.Diagnostics;
using CrMonitor.Tests;
using Microsoft.Extensions.Logging;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class RunTests
{
    [Fact]
    public async Task An_exception_in_a_run_does_not_end_its_worker()
    {
        await using var rig = new ControllerRig(new FakeReconciler((context, _) =>
            context.Key.Name == "bad" ? throw new InvalidOperationException("a mistake") : ValueTask.FromResult(ReconcileResult.Done)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget("bad"));
        await rig.Reconciler.NextAsync();

        await rig.Informers.Widgets.SetAsync(Widget("good"));

        Assert.Equal("good", (await rig.Reconciler.NextAsync()).Key.Name);
        Assert.Equal(0, rig.Controller.LostWorkers);
    }

    [Fact]
    public async Task A_rate_limiter_that_fails_neither_ends_the_worker_nor_loses_the_key()
    {
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => throw new InvalidOperationException("never")), controller => controller.Retry(_ => new BrokenLimiter()));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget(), isInitialList: true);
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        rig.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Contains(new ReconcileReason(ReconcileTrigger.Listed), (await rig.Reconciler.NextAsync()).Reasons);
        Assert.Equal(0, rig.Controller.LostWorkers);
    }

    [Fact]
    public async Task A_run_is_cancelled_at_its_timeout_and_tried_again()
    {
        await using var rig = new ControllerRig(
            new FakeReconciler((_, cancellationToken) => Forever(cancellationToken)), controller => controller.Timeout(TimeSpan.FromSeconds(30)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await Eventually.TrueAsync(() => rig.Controller.ActiveWorkers == 1, "the run has begun");

        rig.Time.Advance(TimeSpan.FromSeconds(30));

        await rig.IdleAsync();
        Assert.Contains(rig.Log.Lines, line => line is { Level: LogLevel.Error } && line.Text.Contains("did not end within 00:00:30"));
        rig.Time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal(2, (await rig.Reconciler.NextAsync()).Attempt);
    }

    [Fact]
    public async Task A_cancellation_of_its_own_is_a_failure_like_any_other()
    {
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => throw new OperationCanceledException()), controller => controller.Timeout(TimeSpan.FromSeconds(30)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        Assert.Single(rig.Controller.Queue.Waiting);
        Assert.DoesNotContain(rig.Log.Lines, line => line.Text.Contains("did not end within"));
    }

    [Fact]
    public async Task Every_log_line_of_a_run_says_whose_run_it_is()
    {
        ControllerRig? rig = null;
        await using var made = rig = new ControllerRig(new FakeReconciler((_, _) =>
        {
            rig!.Controller.Logger.Log(LogLevel.Information, default, "from within", null, (text, _) => text);
            return ValueTask.FromResult(ReconcileResult.Done);
        }));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        var context = await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        var line = Assert.Single(rig.Log.Lines, line => line.Text == "from within");
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["controller"] = "widget",
                ["kind"] = "Widget",
                ["namespace"] = "default",
                ["name"] = "w",
                ["uid"] = "uid-1",
                ["reconcileId"] = context.ReconcileId,
                ["attempt"] = 1,
                ["queuedAt"] = context.QueuedAt,
            },
            line.Fields);
    }

    [Fact]
    public async Task A_run_is_a_span_without_a_parent_that_names_controller_and_outcome_and_no_object()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Keep(spans);
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => throw new InvalidOperationException("no")), controller => controller.Named("traced-widgets"));
        using (new Activity("of whoever starts the controller").Start())
        {
            await rig.StartAsync();
        }

        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        var span = Assert.Single(spans, span => span.DisplayName == "reconcile traced-widgets");
        Assert.Null(span.ParentId);
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("Error", span.GetTagItem("crmonitor.outcome"));
        Assert.Equal("2030-01-01T00:00:00.0000000+00:00", span.GetTagItem("crmonitor.queued_at"));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value is "w" or "default/w");
    }

    [Fact]
    public async Task The_span_of_a_run_has_the_id_and_the_attempt_that_its_reconciler_is_told()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Keep(spans);
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => throw new InvalidOperationException("no")), controller => controller.Named("retried-widgets"));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        var first = await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromMilliseconds(5));
        var second = await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        Assert.Equal(
            [(first.ReconcileId.ToString(), 1), (second.ReconcileId.ToString(), 2)],
            spans.Where(span => span.DisplayName == "reconcile retried-widgets")
                .Select(span => ((string?)span.GetTagItem("crmonitor.reconcile_id"), (int?)span.GetTagItem("crmonitor.attempt"))));
    }

    [Fact]
    public async Task A_context_says_when_its_key_became_ready()
    {
        await using var rig = new ControllerRig();
        await rig.Informers.Widgets.SetAsync(Widget());
        var queuedAt = rig.Time.GetUtcNow();
        rig.Time.Advance(TimeSpan.FromSeconds(7));

        await rig.StartAsync();

        Assert.Equal(queuedAt, (await rig.Reconciler.NextAsync()).QueuedAt);
    }

    [Fact]
    public async Task What_a_run_has_written_by_other_means_is_what_the_next_one_sees_if_it_says_so()
    {
        await using var rig = new ControllerRig(new FakeReconciler((context, _) =>
        {
            if (context.Object!.Metadata.ResourceVersion == "1")
            {
                context.Observe(Widget(version: "5"));
                return ValueTask.FromResult(ReconcileResult.After(TimeSpan.FromSeconds(1)));
            }

            return ValueTask.FromResult(ReconcileResult.Done);
        }));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("5", (await rig.Reconciler.NextAsync()).Object?.Metadata.ResourceVersion);
    }

    private static ActivityListener Keep(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ControllersTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    internal static async ValueTask<ReconcileResult> Forever(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return ReconcileResult.Done;
    }
}
