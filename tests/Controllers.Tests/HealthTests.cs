using CrMonitor.Informers;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class HealthTests
{
    private static readonly ReflectorFailure Refused = new(ReflectorFailureReason.ConnectionFailed, "connection refused", null);

    [Fact]
    public async Task Ready_means_synced_connected_and_working()
    {
        await using var rig = new ControllerRig();
        var informers = new ISharedInformer[] { rig.Informers.Widgets };

        var waiting = ReadinessCheck.Check(informers, [rig.Controller]);
        Assert.Equal(
            (HealthStatus.Unhealthy, "controller widget: not started, it waits for its caches: widgets.example.com (its first list has not come)"),
            (waiting.Status, waiting.Description));

        await rig.StartAsync();
        Assert.Equal(HealthStatus.Healthy, ReadinessCheck.Check(informers, [rig.Controller]).Status);
    }

    [Fact]
    public async Task A_watch_that_is_down_is_told_with_its_last_failure_and_one_that_is_renewed_is_none()
    {
        await using var rig = new ControllerRig();
        await rig.StartAsync();
        var informer = rig.Informers.Widgets;

        informer.Health = informer.Health with { IsConnected = false };
        Assert.Equal(HealthStatus.Healthy, ReadinessCheck.Check([informer], [rig.Controller]).Status);

        informer.Health = informer.Health with { LastFailure = Refused, ConsecutiveFailures = 3, SinceLastProofOfLife = TimeSpan.FromSeconds(40) };
        var down = ReadinessCheck.Check([informer], [rig.Controller]);
        Assert.Equal(HealthStatus.Unhealthy, down.Status);
        Assert.Equal(
            "widgets.example.com: synced, but its watch is down, nothing heard for 40 s (ConnectionFailed, 3 in a row: connection refused)", down.Description);
    }

    [Fact]
    public async Task A_run_that_hangs_is_named_and_one_that_holds_the_last_worker_fails_the_liveness()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => new ValueTask<ReconcileResult>(release.Task)), controller => controller.Concurrency(2));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget("first"));
        await rig.Reconciler.NextAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(11));
        var one = LivenessCheck.Check([rig.Controller]);
        Assert.Equal(HealthStatus.Degraded, one.Status);
        Assert.Equal("controller widget: 1 of 2 workers hang in the reconcile of default/first (for 660 s)", one.Description);

        await rig.Informers.Widgets.SetAsync(Widget("second"));
        await rig.Reconciler.NextAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(HealthStatus.Unhealthy, LivenessCheck.Check([rig.Controller]).Status);

        release.SetResult(ReconcileResult.Done);
        await rig.IdleAsync();
        Assert.Equal(HealthStatus.Healthy, LivenessCheck.Check([rig.Controller]).Status);
    }
}
