using CrMonitor.Tests;
using Microsoft.Extensions.Logging;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class StopTests
{
    [Fact]
    public async Task A_running_reconcile_ends_in_peace_within_the_grace_time_and_no_other_begins()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        var token = CancellationToken.None;
        await using var rig = new ControllerRig(new FakeReconciler((_, cancellationToken) =>
        {
            token = cancellationToken;
            return new ValueTask<ReconcileResult>(release.Task);
        }));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget("first"));
        await rig.Reconciler.NextAsync();
        await rig.Informers.Widgets.SetAsync(Widget("second"));

        var stop = rig.StopAsync(TimeSpan.FromSeconds(3));
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(stop.IsCompleted, "it waits for the running reconcile");
        Assert.False(token.IsCancellationRequested);

        release.SetResult(ReconcileResult.Done);
        await stop;
        Assert.Equal(1, rig.Reconciler.Count);
        Assert.Equal(0, rig.Controller.ActiveWorkers);
        Assert.Equal(0, rig.Informers.Widgets.HandlerCount);
    }

    [Fact]
    public async Task After_the_grace_time_a_running_reconcile_is_cancelled_and_not_counted_as_failed()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var rig = new ControllerRig(new FakeReconciler((_, cancellationToken) =>
        {
            cancellationToken.Register(cancelled.SetResult);
            return RunTests.Forever(cancellationToken);
        }));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();

        var stop = rig.StopAsync(TimeSpan.FromSeconds(3));
        await AdvanceUntilAsync(rig, cancelled.Task);
        await stop.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, rig.Controller.ActiveWorkers);
        Assert.Contains(rig.Log.Lines, line => line is { Level: LogLevel.Warning } && line.Text.Contains("default/w"));
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task A_grace_time_without_limit_waits_for_a_running_reconcile_for_as_long_as_the_host_does()
    {
        await using var rig = new ControllerRig(new FakeReconciler((_, cancellationToken) => RunTests.Forever(cancellationToken)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        using var patience = new CancellationTokenSource();

        var stop = rig.StopAsync(Timeout.InfiniteTimeSpan, patience.Token);
        rig.Time.Advance(TimeSpan.FromDays(100));
        Assert.False(stop.IsCompleted);

        await patience.CancelAsync();
        await stop.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, rig.Controller.ActiveWorkers);
    }

    [Fact]
    public async Task When_the_host_waits_no_longer_a_running_reconcile_is_cancelled_before_the_grace_time_is_over()
    {
        await using var rig = new ControllerRig(new FakeReconciler((_, cancellationToken) => RunTests.Forever(cancellationToken)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        using var patience = new CancellationTokenSource();

        var stop = rig.StopAsync(TimeSpan.FromHours(1), patience.Token);
        Assert.False(stop.IsCompleted);
        await patience.CancelAsync();
        await stop.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, rig.Controller.ActiveWorkers);
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task A_reconcile_that_does_not_heed_its_cancellation_is_named_and_left()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        await using var rig = new ControllerRig(new FakeReconciler((_, _) => new ValueTask<ReconcileResult>(release.Task)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();

        var stop = rig.StopAsync(TimeSpan.FromSeconds(3));
        await AdvanceUntilAsync(rig, stop);

        Assert.Contains(rig.Log.Lines, line => line is { Level: LogLevel.Error } && line.Text.Contains("default/w"));

        // It may still end later, without harm.
        release.SetResult(ReconcileResult.Requeue);
        await Eventually.TrueAsync(() => rig.Controller.ActiveWorkers == 0, "the run ended");
    }

    [Fact]
    public async Task A_controller_that_still_waits_for_its_caches_stops_at_once()
    {
        await using var rig = new ControllerRig();
        var start = rig.Controller.StartWorkersAsync();

        await rig.StopAsync();

        await start.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(rig.Controller.IsWorking);
    }

    // The stop arms its two deadlines one after the other, on another thread than the test's. What has ended needs no more time.
    private static Task AdvanceUntilAsync(ControllerRig rig, Task end) => Eventually.TrueAsync(
        () =>
        {
            if (!end.IsCompleted)
            {
                rig.Time.Advance(TimeSpan.FromSeconds(1));
            }

            return end.IsCompleted;
        },
        "it ends");
}
