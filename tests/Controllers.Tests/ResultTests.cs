using System.Net;
using CrMonitor.Informers;
using CrMonitor.Tests;
using Microsoft.Extensions.Logging;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class ResultTests
{
    [Fact]
    public async Task A_failed_run_is_repeated_with_a_delay_that_doubles_until_one_succeeds()
    {
        var failures = 4;
        await using var rig = new ControllerRig(new FakeReconciler((_, _) =>
            failures-- > 0 ? throw new InvalidOperationException("not yet") : ValueTask.FromResult(ReconcileResult.Done)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();

        foreach (var delay in new[] { 5, 10, 20, 40 })
        {
            await rig.IdleAsync();
            rig.Time.Advance(TimeSpan.FromMilliseconds(delay - 1));
            Assert.False(rig.Reconciler.HasNext, $"it must wait {delay} ms");

            rig.Time.Advance(TimeSpan.FromMilliseconds(1));
            await rig.Reconciler.NextAsync();
        }

        // Success has reset the count: the next failure begins anew.
        await rig.IdleAsync();
        Assert.Empty(rig.Controller.Queue.Waiting);
        failures = 1;
        await rig.Informers.Widgets.SetAsync(Widget(version: "2"));
        Assert.Equal(1, (await rig.Reconciler.NextAsync()).Attempt);
        await rig.IdleAsync();
        Assert.Equal(TimeSpan.FromMilliseconds(5), Assert.Single(rig.Controller.Queue.Waiting).DueIn);
    }

    [Fact]
    public async Task The_attempt_counts_failed_runs_and_the_reason_says_retry()
    {
        await using var rig = new ControllerRig(new FakeReconciler((_, _) => throw new InvalidOperationException("never")));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());

        var first = await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await rig.Reconciler.NextAsync();

        Assert.Equal((1, 2), (first.Attempt, second.Attempt));
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Created)], first.Reasons);
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Retry)], second.Reasons);
        Assert.NotEqual(first.ReconcileId, second.ReconcileId);
        Assert.Equal((4, true), (first.ReconcileId.Version, first.ReconcileId.Variant is >= 8 and <= 11));
    }

    [Fact]
    public async Task An_object_that_failed_for_an_hour_converges_without_an_event_from_outside()
    {
        var isHealthy = false;
        await using var rig = new ControllerRig(new FakeReconciler((_, _) =>
            isHealthy ? ValueTask.FromResult(ReconcileResult.Done) : throw new HttpRequestException("the dependency is down")));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());

        for (var minute = 0; minute < 60; minute++)
        {
            await rig.IdleAsync();
            rig.Time.Advance(TimeSpan.FromMinutes(1));
        }

        await rig.IdleAsync();
        var runsWhileDown = rig.Reconciler.Count;
        Assert.InRange(runsWhileDown, 15, 60);
        isHealthy = true;
        rig.Time.Advance(TimeSpan.FromMinutes(5));

        await Eventually.TrueAsync(() => rig.Reconciler.Count == runsWhileDown + 1, "one more run within the longest delay");
        await rig.IdleAsync();
        Assert.Empty(rig.Controller.Queue.Waiting);
    }

    [Fact]
    public async Task After_runs_again_at_that_time_and_resets_the_failures()
    {
        var results = new Queue<Func<ReconcileResult>>(
            [() => throw new InvalidOperationException("once"), () => ReconcileResult.After(TimeSpan.FromMinutes(10)), () => ReconcileResult.Done]);
        await using var rig = new ControllerRig(new FakeReconciler((_, _) => ValueTask.FromResult(results.Dequeue()())));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal(2, (await rig.Reconciler.NextAsync()).Attempt);

        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.False(rig.Reconciler.HasNext);

        rig.Time.Advance(TimeSpan.FromTicks(1));
        var third = await rig.Reconciler.NextAsync();
        Assert.Equal(1, third.Attempt);
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Scheduled)], third.Reasons);
    }

    [Fact]
    public async Task A_change_before_the_scheduled_time_starts_the_one_run_that_there_is_and_says_so()
    {
        await using var rig = new ControllerRig(new FakeReconciler((context, _) =>
            ValueTask.FromResult(context.Object!.Metadata.ResourceVersion == "1" ? ReconcileResult.After(TimeSpan.FromMinutes(10)) : ReconcileResult.Done)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        await rig.Informers.Widgets.SetAsync(Widget(version: "2"));

        Assert.Equal([new ReconcileReason(ReconcileTrigger.Updated)], (await rig.Reconciler.NextAsync()).Reasons);
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromHours(1));
        await rig.IdleAsync();
        Assert.Equal(2, rig.Reconciler.Count);
    }

    [Fact]
    public async Task A_terminal_failure_is_not_retried_and_a_change_of_the_object_is()
    {
        await using var rig = new ControllerRig(new FakeReconciler((_, _) => ValueTask.FromResult(ReconcileResult.Terminal("the name is too long"))));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        Assert.Empty(rig.Controller.Queue.Waiting);
        Assert.Contains(rig.Log.Lines, line => line is { Level: LogLevel.Error } && line.Text.Contains("the name is too long"));

        await rig.Informers.Widgets.SetAsync(Widget(version: "2"));
        await rig.Reconciler.NextAsync();
    }

    // Reference: case 87.
    [Fact]
    public async Task A_terminal_failure_keeps_the_count_so_that_the_delays_of_the_next_failures_go_on()
    {
        var results = new Queue<Func<ReconcileResult>>(
        [
            () => throw new InvalidOperationException("first"),
            () => ReconcileResult.Terminal("the name is too long"),
            () => throw new InvalidOperationException("second"),
        ]);
        await using var rig = new ControllerRig(new FakeReconciler((_, _) => ValueTask.FromResult(results.Dequeue()())));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        Assert.Equal(TimeSpan.FromMilliseconds(5), Assert.Single(rig.Controller.Queue.Waiting).DueIn);
        rig.Time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal(2, (await rig.Reconciler.NextAsync()).Attempt);
        await rig.IdleAsync();

        await rig.Informers.Widgets.SetAsync(Widget(version: "2"));

        Assert.Equal(2, (await rig.Reconciler.NextAsync()).Attempt);
        await rig.IdleAsync();
        Assert.Equal(TimeSpan.FromMilliseconds(10), Assert.Single(rig.Controller.Queue.Waiting).DueIn);
    }

    [Fact]
    public async Task Requeue_backs_off_like_a_failure_but_is_none()
    {
        await using var rig = new ControllerRig(new FakeReconciler((_, _) => ValueTask.FromResult(ReconcileResult.Requeue)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromMilliseconds(5));
        var second = await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        Assert.Equal(TimeSpan.FromMilliseconds(10), Assert.Single(rig.Controller.Queue.Waiting).DueIn);
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Requeue)], second.Reasons);
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_conflict_is_retried_quietly()
    {
        var conflicts = 5;
        await using var rig = new ControllerRig(new FakeReconciler((_, _) => conflicts-- > 0
            ? throw new KubeApiException(HttpStatusCode.Conflict, "Conflict", "the object has been modified")
            : ValueTask.FromResult(ReconcileResult.Done)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        for (var run = 0; run < 6; run++)
        {
            await rig.Reconciler.NextAsync();
            await rig.IdleAsync();
            rig.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.DoesNotContain(rig.Log.Lines, line => line.Level > LogLevel.Information);
        Assert.Contains(rig.Log.Lines, line => line is { Level: LogLevel.Debug } && line.Text.Contains("the object has been modified"));
    }

    [Fact]
    public async Task A_conflict_that_does_not_end_becomes_a_warning_and_backs_off()
    {
        await using var rig = new ControllerRig(new FakeReconciler((_, _) =>
            throw new KubeApiException(HttpStatusCode.Conflict, "Conflict", "Apply failed with 1 conflict")));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        for (var run = 0; run < 6; run++)
        {
            await rig.Reconciler.NextAsync();
            await rig.IdleAsync();
            rig.Time.Advance(TimeSpan.FromMilliseconds(5 << run));
        }

        Assert.Contains(rig.Log.Lines, line => line is { Level: LogLevel.Warning } && line.Text.Contains("default/w"));
    }

    [Fact]
    public async Task The_delay_of_retries_stays_at_its_longest()
    {
        await using var rig = new ControllerRig(
            new FakeReconciler((_, _) => throw new InvalidOperationException("never")),
            controller => controller.Retry(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());

        foreach (var seconds in new[] { 1, 2, 4, 4, 4 })
        {
            await rig.Reconciler.NextAsync();
            await rig.IdleAsync();
            Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.Single(rig.Controller.Queue.Waiting).DueIn);
            rig.Time.Advance(TimeSpan.FromSeconds(seconds));
        }
    }
}
