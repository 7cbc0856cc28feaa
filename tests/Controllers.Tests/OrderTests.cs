using CrMonitor.Informers;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class OrderTests
{
    // Reference: case 89.
    [Fact]
    public async Task Unless_told_otherwise_a_change_comes_before_the_rest_of_the_first_list()
    {
        await using var rig = new ControllerRig();
        for (var i = 0; i < 10_000; i++)
        {
            await rig.Informers.Widgets.SetAsync(Widget($"w{i}"), isInitialList: true);
        }

        await rig.Informers.Widgets.SetAsync(Widget("live"));
        await rig.StartAsync();

        Assert.Equal("live", (await rig.Reconciler.NextAsync()).Key.Name);
        Assert.Equal("w0", (await rig.Reconciler.NextAsync()).Key.Name);
    }

    [Fact]
    public async Task A_change_comes_before_what_a_resync_and_lists_of_owned_objects_have_told()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>());
        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("owner")), isInitialList: true);
        var widget = Widget("told");
        rig.Informers.Widgets.Cache.Objects[ObjectKey.Of(widget)] = widget;
        await rig.Informers.Widgets.SetAsync(widget);
        await rig.Informers.Widgets.SetAsync(Widget("live"));
        await rig.StartAsync();

        Assert.Equal(["live", "owner", "told"], [await NameAsync(rig), await NameAsync(rig), await NameAsync(rig)]);
    }

    [Fact]
    public async Task By_arrival_the_first_that_came_is_the_first()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Order(ReconcileOrder.Arrival));
        await rig.Informers.Widgets.SetAsync(Widget("listed"), isInitialList: true);
        await rig.Informers.Widgets.SetAsync(Widget("live"));
        await rig.StartAsync();

        Assert.Equal(["listed", "live"], [await NameAsync(rig), await NameAsync(rig)]);
    }

    // Reference: case 87, "limited requeue at same priority".
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_retry_keeps_the_priority_of_its_run(bool limiterFails)
    {
        var failures = 1;
        await using var rig = new ControllerRig(
            new FakeReconciler((context, _) => context.Key.Name == "listed" && failures-- > 0
                ? throw new InvalidOperationException("once")
                : ValueTask.FromResult(ReconcileResult.Done)),
            controller => _ = limiterFails ? controller.Retry(_ => new BrokenLimiter()) : controller);
        await rig.Informers.Widgets.SetAsync(Widget("listed"), isInitialList: true);
        await rig.StartAsync();
        Assert.Equal("listed", await NameAsync(rig));
        await rig.IdleAsync();
        var release = new TaskCompletionSource<ReconcileResult>();
        rig.Reconciler.Run = (_, _) => new ValueTask<ReconcileResult>(release.Task);
        await rig.Informers.Widgets.SetAsync(Widget("holds the worker"));
        await rig.Reconciler.NextAsync();

        rig.Time.Advance(limiterFails ? TimeSpan.FromMinutes(1) : TimeSpan.FromMilliseconds(5));
        await rig.Informers.Widgets.SetAsync(Widget("live"));
        release.SetResult(ReconcileResult.Done);

        Assert.Equal(["live", "listed"], [await NameAsync(rig), await NameAsync(rig)]);
    }

    [Fact]
    public async Task Namespaces_take_turns_however_many_objects_one_of_them_has()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Order(ReconcileOrder.FairByNamespace));
        for (var i = 0; i < 100; i++)
        {
            await rig.Informers.Widgets.SetAsync(In("many", $"w{i}"));
        }

        await rig.Informers.Widgets.SetAsync(In("few", "w"));
        await rig.StartAsync();

        var first = new[] { await rig.Reconciler.NextAsync(), await rig.Reconciler.NextAsync(), await rig.Reconciler.NextAsync() };
        Assert.Contains(first, run => run.Key.Namespace == "few");
    }

    private static async Task<string> NameAsync(ControllerRig rig) => (await rig.Reconciler.NextAsync()).Key.Name;

    private static Widget In(string ns, string name)
    {
        var widget = Widget(name);
        widget.Metadata.NamespaceProperty = ns;
        return widget;
    }
}
