using System.Net;
using CrMonitor.Informers;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class MetricsTests
{
    [Fact]
    public async Task Runs_are_counted_by_result_under_the_names_of_controller_runtime()
    {
        var results = new Queue<Func<ReconcileResult>>(
        [
            () => ReconcileResult.Done,
            () => ReconcileResult.Requeue,
            () => ReconcileResult.After(TimeSpan.FromHours(1)),
            () => ReconcileResult.Terminal("no use"),
            () => throw new InvalidOperationException("failed"),
            () => throw new KubeApiException(HttpStatusCode.Conflict, "Conflict", "changed"),
        ]);
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => ValueTask.FromResult(results.Dequeue()())), controller => controller.Named("measured").Concurrency(3));
        using var metrics = new Measurements("measured");
        rig.Instruments.Observe([rig.Controller]);
        Assert.Equal(0, metrics.Sum("controller_runtime_reconcile_total", "conflict"));
        Assert.True(metrics.Has("controller_runtime_reconcile_timeouts_total"), "shown from the start");
        await rig.StartAsync();

        for (var run = 0; run < 6; run++)
        {
            await rig.Informers.Widgets.SetAsync(Widget($"w{run}"));
            await rig.Reconciler.NextAsync();
            await rig.IdleAsync();
        }

        Assert.Equal(1, metrics.Sum("controller_runtime_reconcile_total", "success"));
        Assert.Equal(1, metrics.Sum("controller_runtime_reconcile_total", "requeue"));
        Assert.Equal(1, metrics.Sum("controller_runtime_reconcile_total", "requeue_after"));
        Assert.Equal(2, metrics.Sum("controller_runtime_reconcile_total", "error"));
        Assert.Equal(1, metrics.Sum("controller_runtime_reconcile_total", "conflict"));
        Assert.Equal(2, metrics.Sum("controller_runtime_reconcile_errors_total"));
        Assert.Equal(1, metrics.Sum("controller_runtime_terminal_reconcile_errors_total"));
        Assert.Equal(0, metrics.Sum("controller_runtime_reconcile_timeouts_total"));
        Assert.Equal(0, metrics.Sum("controller_runtime_reconcile_panics_total"));
        metrics.Collect();
        Assert.Equal(3, metrics.Sum("controller_runtime_max_concurrent_reconciles"));
        Assert.Equal(0, metrics.Sum("controller_runtime_active_workers"));
    }

    // Reference: case 88.
    [Fact]
    public async Task A_run_that_reaches_its_timeout_is_counted_as_one_and_what_is_cancelled_for_another_reason_is_not()
    {
        await using var rig = new ControllerRig(
            new FakeReconciler((_, cancellationToken) => RunTests.Forever(cancellationToken)),
            controller => controller.Named("timed-out").Timeout(TimeSpan.FromSeconds(30)));
        using var metrics = new Measurements("timed-out");
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(30));
        await rig.IdleAsync();
        AssertCounted(timeouts: 1, errors: 1);

        rig.Reconciler.Run = (_, _) => throw new OperationCanceledException();
        await rig.Informers.Widgets.SetAsync(Widget("own"));
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        AssertCounted(timeouts: 1, errors: 2);

        rig.Reconciler.Run = (_, cancellationToken) => RunTests.Forever(cancellationToken);
        await rig.Informers.Widgets.SetAsync(Widget("stopped"));
        await rig.Reconciler.NextAsync();
        await rig.StopAsync(TimeSpan.Zero);
        AssertCounted(timeouts: 1, errors: 2);

        void AssertCounted(int timeouts, int errors)
        {
            Assert.Equal(timeouts, metrics.Sum("controller_runtime_reconcile_timeouts_total"));
            Assert.Equal(errors, metrics.Sum("controller_runtime_reconcile_errors_total"));
            Assert.Equal(errors, metrics.Sum("controller_runtime_reconcile_total"));
        }
    }

    [Fact]
    public async Task What_fails_outside_the_reconciler_is_counted_as_controller_runtime_counts_panics_and_a_failed_run_is_not()
    {
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => throw new InvalidOperationException("a failure")),
            controller => controller.Named("panics").Retry(_ => new BrokenLimiter()));
        using var metrics = new Measurements("panics");
        rig.Instruments.Observe([rig.Controller]);
        Assert.Equal(0, metrics.Sum("controller_runtime_reconcile_panics_total"));
        Assert.True(metrics.Has("controller_runtime_reconcile_panics_total"), "shown from the start");
        await rig.StartAsync();

        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        Assert.Equal(1, metrics.Sum("controller_runtime_reconcile_panics_total"));
    }

    [Fact]
    public async Task The_time_of_a_run_is_measured_in_seconds_by_the_clock_of_the_host()
    {
        ControllerRig? rig = null;
        await using var made = rig = new ControllerRig(
            new FakeReconciler((_, _) =>
            {
                rig!.Time.Advance(TimeSpan.FromSeconds(1.5));
                return ValueTask.FromResult(ReconcileResult.Done);
            }),
            controller => controller.Named("timed"));
        using var metrics = new Measurements("timed");
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        Assert.Equal(1.5, metrics.Sum("controller_runtime_reconcile_time_seconds"));
    }
}
