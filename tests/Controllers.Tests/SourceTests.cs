using System.Threading.Channels;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s.Models;
using Microsoft.Extensions.Logging;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>What else wakes a controller: a source of keys, an index, other owners, a resync. And what it says of sources that are late.</summary>
public sealed class SourceTests
{
    [Fact]
    public async Task A_key_from_a_channel_of_the_program_starts_a_run_that_says_so()
    {
        var channel = Channel.CreateUnbounded<ObjectKey>();
        await using var rig = new ControllerRig(configure: controller => controller.Triggers((_, cancellationToken) => channel.Reader.ReadAllAsync(cancellationToken)));
        channel.Writer.TryWrite(Key);
        Assert.False(rig.Reconciler.HasNext);
        await rig.StartAsync();

        var run = await rig.Reconciler.NextAsync();
        Assert.Equal(Key, run.Key);
        Assert.Equal([new ReconcileReason(ReconcileTrigger.External)], run.Reasons);

        // It ends with the controller.
        await rig.StopAsync();
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_source_of_keys_that_fails_is_made_anew_and_one_that_ends_is_not()
    {
        var made = 0;
        await using var rig = new ControllerRig(configure: controller => controller.Triggers((_, _) => Keys(++made)));
        await rig.StartAsync();
        Assert.Equal("key-1", (await rig.Reconciler.NextAsync()).Key.Name);
        await Eventually.TrueAsync(() => rig.Log.Lines.Any(line => line.Exception is InvalidOperationException { Message: "the first one breaks" }), "it is logged");

        await Eventually.TrueAsync(
            () =>
            {
                rig.Time.Advance(TimeSpan.FromSeconds(1));
                return rig.Reconciler.HasNext;
            },
            "it is made anew");
        Assert.Equal("key-2", (await rig.Reconciler.NextAsync()).Key.Name);
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, made);

        static async IAsyncEnumerable<ObjectKey> Keys(int number)
        {
            yield return new ObjectKey("default", $"key-{number}");
            await Task.Yield();
            if (number == 1)
            {
                throw new InvalidOperationException("the first one breaks");
            }
        }
    }

    [Fact]
    public async Task An_index_relates_other_objects_to_those_that_name_them()
    {
        await using var rig = new ControllerRig(configure: controller => controller
            .Index("color", widget => widget.Spec?.Color is { } color ? [$"default/{color}"] : [])
            .WatchesByIndex<V1Deployment>("color"));
        rig.Controller.CheckIndexes();
        await rig.Informers.Widgets.SetAsync(Colored("a", "red"), isInitialList: true);
        await rig.Informers.Widgets.SetAsync(Colored("b", "blue"), isInitialList: true);
        await rig.StartAsync();
        await rig.Reconciler.NextAsync();
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        await rig.Informers.Deployments.SetAsync(Deployment("blue"));

        var run = await rig.Reconciler.NextAsync();
        Assert.Equal("b", run.Key.Name);
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Watched, "Deployment", new ObjectKey("default", "blue"))], run.Reasons);
    }

    // Reference: case 90. Of the second one nothing is left but the key, as after a gap in the watch.
    [Fact]
    public async Task An_index_relates_objects_that_are_gone_too()
    {
        await using var rig = new ControllerRig(configure: controller => controller
            .Index("color", widget => widget.Spec?.Color is { } color ? [$"default/{color}"] : [])
            .WatchesByIndex<V1Deployment>("color"));
        await rig.StartAsync();
        await rig.Informers.Deployments.SetAsync(Deployment("red"));
        await rig.Informers.Widgets.SetAsync(Colored("a", "red"));
        await rig.Informers.Widgets.SetAsync(Colored("b", "blue"));
        await rig.Reconciler.NextAsync();
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        var (red, blue) = (new ObjectKey("default", "red"), new ObjectKey("default", "blue"));
        await rig.Informers.Deployments.DeleteAsync(red);
        await rig.IdleAsync();
        await rig.Informers.Deployments.TellAsync(new ResourceChange<V1Deployment>(ChangeKind.Deleted, blue, null, null) { IsFinalStateUnknown = true });
        await rig.IdleAsync();

        Assert.Equal(4, rig.Reconciler.Count);
        var (first, second) = (await rig.Reconciler.NextAsync(), await rig.Reconciler.NextAsync());
        Assert.Equal(("a", "b"), (first.Key.Name, second.Key.Name));
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Watched, "Deployment", red)], first.Reasons);
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Watched, "Deployment", blue)], second.Reasons);
    }

    [Fact]
    public async Task An_index_that_nobody_has_declared_is_named_with_the_remedy()
    {
        await using var rig = new ControllerRig(configure: controller => controller.WatchesByIndex<V1Deployment>("colour"));

        var failure = Assert.Throws<InvalidOperationException>(rig.Controller.CheckIndexes);

        Assert.Contains("Controller widget watches by the index 'colour', which Widget does not have. Declare it with Index(\"colour\", ...).", failure.Message);
    }

    [Fact]
    public void Two_indexes_of_one_name_are_refused() => Assert.Throws<InvalidOperationException>(() => new ControllerRig(
        configure: controller => controller.Index("color", _ => []).Index("color", _ => [])));

    // Reference: case 91, "non-controller owners only on request".
    [Fact]
    public async Task Owners_that_are_not_the_controller_are_woken_only_on_request()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>(anyOwner: true));
        await rig.StartAsync();

        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("a", controller: null), Owner("b"), Owner("c", kind: "Gadget")));

        var woken = new[] { await rig.Reconciler.NextAsync(), await rig.Reconciler.NextAsync() };
        Assert.Equal(["a", "b"], woken.Select(run => run.Key.Name).Order());
        await rig.IdleAsync();
        Assert.Equal(2, rig.Reconciler.Count);
    }

    [Fact]
    public async Task The_resync_that_is_asked_for_is_that_of_the_handler()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Resync(TimeSpan.FromMinutes(10)));

        Assert.Equal(TimeSpan.FromMinutes(10), rig.Informers.Widgets.LastOptions?.ResyncPeriod);
    }

    // Reference: cases 86 and 99.
    [Fact]
    public async Task Caches_that_are_late_are_named_after_the_sync_timeout_and_the_controller_starts_when_they_come()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>());
        rig.Informers.Deployments.Health = rig.Informers.Deployments.Health with
        {
            LastFailure = new ReflectorFailure(ReflectorFailureReason.ConnectionFailed, "connection refused", null),
        };
        rig.Informers.Widgets.Sync();
        var start = rig.Controller.StartWorkersAsync();
        Assert.Equal(["deployments.apps (ConnectionFailed: connection refused)"], rig.Controller.LateSources());

        rig.Time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(
            () => rig.Log.Lines.Any(line => line is { Level: LogLevel.Warning } && line.Text.Contains("waiting for deployments.apps (ConnectionFailed: connection refused)")),
            "the late cache is named");
        Assert.False(start.IsCompleted);

        rig.Informers.Deployments.Sync();
        await start.WaitAsync(TestContext.Current.CancellationToken);
        Assert.True(rig.Controller.IsWorking);
        Assert.Empty(rig.Controller.LateSources());
    }

    private static Widget Colored(string name, string color)
    {
        var widget = Widget(name);
        widget.Spec!.Color = color;
        return widget;
    }
}
