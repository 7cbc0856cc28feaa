using CrMonitor.Informers;
using k8s.Models;
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
        var one = LivenessCheck.Check([], [rig.Controller]);
        Assert.Equal(HealthStatus.Degraded, one.Status);
        Assert.Equal("controller widget: 1 of 2 workers hang in the reconcile of default/first (for 660 s)", one.Description);

        await rig.Informers.Widgets.SetAsync(Widget("second"));
        await rig.Reconciler.NextAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(HealthStatus.Unhealthy, LivenessCheck.Check([], [rig.Controller]).Status);

        release.SetResult(ReconcileResult.Done);
        await rig.IdleAsync();
        Assert.Equal(HealthStatus.Healthy, LivenessCheck.Check([], [rig.Controller]).Status);
    }

    [Fact]
    public async Task An_informer_and_a_handler_that_code_of_users_holds_up_fail_the_liveness_and_are_named()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>());
        await rig.StartAsync();
        var informer = rig.Informers.Widgets;
        informer.Health = informer.Health with { IsConnected = false, LastFailure = Refused, SinceLastProofOfLife = TimeSpan.FromHours(1) };
        rig.Informers.Deployments.InCallFor = TimeSpan.FromMinutes(9);
        Assert.Equal(HealthStatus.Healthy, LivenessCheck.Check([informer], [rig.Controller]).Status);

        informer.Health = informer.Health with { LastFailure = null, IsStalled = true };
        rig.Informers.Deployments.InCallFor = TimeSpan.FromMinutes(10);
        var held = LivenessCheck.Check([informer], [rig.Controller]);
        Assert.Equal(HealthStatus.Unhealthy, held.Status);
        Assert.Equal(
            "the informer of widgets.example.com has heard nothing for 3600 s, and nothing has failed: an index function or a transform does not "
            + "return; controller widget: its handler of deployments.apps has been in one call for 600 s: a map or a filter does not return",
            held.Description);
        Assert.StartsWith(
            "widgets.example.com: synced, but held up by an index function or a transform, nothing heard for 3600 s",
            ReadinessCheck.Check([informer], [rig.Controller]).Description);
    }
}
