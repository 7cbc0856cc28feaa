using CrMonitor.Tests;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class HangingTests
{
    [Fact]
    public async Task A_reconcile_that_does_not_heed_its_timeout_is_named_with_its_time_while_other_keys_go_on()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        await using var rig = new ControllerRig(
            new FakeReconciler((context, _) => context.Key.Name == "hangs" ? new ValueTask<ReconcileResult>(release.Task) : ValueTask.FromResult(ReconcileResult.Done)),
            controller => controller.Named("hanging").Concurrency(2).Timeout(TimeSpan.FromSeconds(30)));
        using var metrics = new Measurements("hanging");
        rig.Instruments.Observe([rig.Controller]);
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget("hangs"));
        await rig.Reconciler.NextAsync();
        await Eventually.TrueAsync(() => rig.Controller.ActiveWorkers == 1, "it runs");
        rig.Time.Advance(TimeSpan.FromSeconds(39));
        Assert.Equal(HealthStatus.Healthy, LivenessCheck.Check([], [rig.Controller]).Status);

        rig.Time.Advance(TimeSpan.FromSeconds(1));

        var line = Assert.Single(rig.Log.Lines, line => line.Text.Contains("hangs;", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Contains("default/hangs hangs; it has run for 00:00:40, since 2030-01-01T00:00:00", line.Text);
        Assert.Contains("default/hangs (for 40 s)", LivenessCheck.Check([], [rig.Controller]).Description);
        metrics.Collect();
        Assert.Equal(1, metrics.Sum("crmonitor_hanging_reconciles"));
        Assert.Equal(40, metrics.Sum("crmonitor_longest_running_reconcile_seconds"));

        await rig.Informers.Widgets.SetAsync(Widget("other"));
        Assert.Equal("other", (await rig.Reconciler.NextAsync()).Key.Name);
        release.SetResult(ReconcileResult.Done);
        await rig.IdleAsync();
        Assert.Equal(HealthStatus.Healthy, LivenessCheck.Check([], [rig.Controller]).Status);
    }

    [Fact]
    public async Task A_run_that_begins_long_after_another_one_ended_is_given_its_own_time()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        await using var rig = new ControllerRig(
            new FakeReconciler((context, _) =>
                context.Key.Name == "hangs" ? new ValueTask<ReconcileResult>(release.Task) : ValueTask.FromResult(ReconcileResult.Done)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget("quick"));
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(9));
        await rig.Informers.Widgets.SetAsync(Widget("hangs"));
        await rig.Reconciler.NextAsync();

        rig.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.DoesNotContain(rig.Log.Lines, IsHanging);
        rig.Time.Advance(TimeSpan.FromMinutes(1.1));
        Assert.Single(rig.Log.Lines, IsHanging);
        rig.Time.Advance(TimeSpan.FromHours(1));
        Assert.Single(rig.Log.Lines, IsHanging);

        release.SetResult(ReconcileResult.Done);
        await rig.IdleAsync();
        await rig.Informers.Widgets.SetAsync(Widget("quick", version: "2"));
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromHours(1));
        Assert.Single(rig.Log.Lines, IsHanging);

        static bool IsHanging(CapturedLog.Line line) => line.Text.Contains("hangs;", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_hangs_ten_seconds_after_its_timeout_also_where_others_hang_earlier()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => new ValueTask<ReconcileResult>(release.Task)), controller => controller.Timeout(TimeSpan.FromMinutes(30)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await Eventually.TrueAsync(() => rig.Controller.ActiveWorkers == 1, "it runs");

        rig.Time.Advance(TimeSpan.FromMinutes(30) + TimeSpan.FromSeconds(9));
        Assert.Equal(HealthStatus.Healthy, LivenessCheck.Check([], [rig.Controller]).Status);
        Assert.DoesNotContain(rig.Log.Lines, line => line.Text.Contains("hangs;", StringComparison.Ordinal));

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HealthStatus.Unhealthy, LivenessCheck.Check([], [rig.Controller]).Status);
        Assert.Single(rig.Log.Lines, line => line.Text.Contains("hangs;", StringComparison.Ordinal));
        release.SetResult(ReconcileResult.Done);
        await rig.IdleAsync();
    }

    [Fact]
    public async Task A_callback_of_a_reconciler_that_fails_at_its_timeout_is_logged_and_the_run_is_tried_again()
    {
        var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var rig = new ControllerRig(
            new FakeReconciler((_, cancellationToken) =>
            {
                cancellationToken.Register(() => throw new InvalidOperationException("a mistake in a callback"));
                registered.TrySetResult();
                return RunTests.Forever(cancellationToken);
            }),
            controller => controller.Timeout(TimeSpan.FromSeconds(30)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await registered.Task.WaitAsync(TestContext.Current.CancellationToken);

        rig.Time.Advance(TimeSpan.FromSeconds(30));

        await rig.IdleAsync();
        Assert.Single(rig.Controller.Queue.Waiting);
        Assert.Contains(rig.Log.Lines, line => line.Exception is AggregateException e && e.Flatten().InnerException?.Message == "a mistake in a callback");
    }
}
