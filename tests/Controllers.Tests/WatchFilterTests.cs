using CrMonitor.Informers;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>Which changes of other objects wake a controller, and what several conditions of its own objects add up to.</summary>
public sealed class WatchFilterTests
{
    [Theory]
    [InlineData("owns")]
    [InlineData("watches")]
    [InlineData("by index")]
    public async Task Updates_of_other_objects_that_are_not_asked_for_start_no_run(string source)
    {
        await using var rig = new ControllerRig(configure: controller => _ = source switch
        {
            "owns" => controller.Owns<V1Deployment>(when: Changed.Generation | Changed.Status),
            "watches" => controller.Watches<V1Deployment>((_, _) => [Key], when: Changed.Generation | Changed.Status),
            _ => controller.Index("all", _ => ["default/d"]).WatchesByIndex<V1Deployment>("all", when: Changed.Generation | Changed.Status),
        });
        var deployments = rig.Informers.Deployments;
        rig.Informers.Widgets.Cache.Objects[Key] = Widget();
        await rig.StartAsync();
        Assert.True(await WakesAsync(rig, () => deployments.SetAsync(At("1", generation: 1, replicas: 0))), "it came");

        Assert.False(await WakesAsync(rig, () => deployments.SetAsync(At("2", generation: 1, replicas: 0))), "only its version is new");
        Assert.True(await WakesAsync(rig, () => deployments.SetAsync(At("3", generation: 2, replicas: 0))), "another spec");
        Assert.True(await WakesAsync(rig, () => deployments.SetAsync(At("4", generation: 2, replicas: 1))), "another status");
        Assert.True(await WakesAsync(rig, () => deployments.SetAsync(deployments.Cache.Get(new("default", "d"))!)), "a resync");
        Assert.True(await WakesAsync(rig, () => deployments.DeleteAsync(new("default", "d"))), "it went");
    }

    [Fact]
    public async Task An_owned_object_that_gets_another_owner_wakes_both_whatever_is_asked_for()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>(when: Changed.Generation));
        await rig.StartAsync();
        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("a")));
        Assert.Equal("a", (await rig.Reconciler.NextAsync()).Key.Name);
        await rig.IdleAsync();

        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("b")));

        var woken = new[] { await rig.Reconciler.NextAsync(), await rig.Reconciler.NextAsync() };
        Assert.Equal(["a", "b"], woken.Select(context => context.Key.Name).Order());
    }

    [Fact]
    public async Task A_function_decides_about_all_changes_of_other_objects_and_lets_them_through_where_it_fails()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>(filter: change =>
            change.Kind == ChangeKind.Deleted ? throw new InvalidOperationException("a mistake") : change.Current?.Metadata.ResourceVersion == "2"));
        await rig.StartAsync();

        Assert.False(await WakesAsync(rig, () => rig.Informers.Deployments.SetAsync(At("1", generation: 1, replicas: 0))));
        Assert.True(await WakesAsync(rig, () => rig.Informers.Deployments.SetAsync(At("2", generation: 1, replicas: 0))));
        Assert.True(await WakesAsync(rig, () => rig.Informers.Deployments.DeleteAsync(new("default", "d"))));
        Assert.Contains(rig.Log.Lines, line => line.Text == "A filter of changes failed for Deployment default/d; the change starts a reconcile");
        Assert.False(rig.Informers.Deployments.LastOptions!.CallSynchronously, "it may take its time");
    }

    [Fact]
    public async Task Of_several_functions_all_have_to_agree()
    {
        await using var rig = new ControllerRig(configure: controller => controller
            .When(change => change.Current?.Spec?.Size == 1)
            .When(change => change.Current?.Metadata.ResourceVersion == "2"));
        await rig.StartAsync();

        Assert.False(await WakesAsync(rig, () => rig.Informers.Widgets.SetAsync(Widget())));
        Assert.True(await WakesAsync(rig, () => rig.Informers.Widgets.SetAsync(Widget(version: "2"))));
    }

    [Fact]
    public void Changes_that_are_said_twice_and_members_that_there_are_not_are_refused_with_the_remedy()
    {
        var twice = Assert.Throws<InvalidOperationException>(
            () => new ControllerRig(configure: controller => controller.When(Changed.Generation).When(Changed.Labels)));
        Assert.Equal("Which changes start a run is said twice: Generation, and Labels. Say it once; flags are combined with |.", twice.Message);

        var informers = new FakeInformers();
        var missing = Assert.Throws<InvalidOperationException>(() => new ControllerRig(
            configure: controller => controller.Watches<V1ConfigMap>((_, _) => [], when: Changed.Status), informers: informers));
        Assert.Equal(
            "Controller widget is to run when the status of a ConfigMap changes, and V1ConfigMap has no member 'status'. "
            + "Use Changed.Anything, or a function.",
            missing.Message);
        Assert.Equal(1, informers.Shares);
    }

    private static V1Deployment At(string version, long generation, int replicas)
    {
        var deployment = Deployment("d", Owner("w"));
        deployment.Metadata.ResourceVersion = version;
        deployment.Metadata.Generation = generation;
        deployment.Status = new V1DeploymentStatus { Replicas = replicas };
        return deployment;
    }

    private static async Task<bool> WakesAsync(ControllerRig rig, Func<Task> change)
    {
        var before = rig.Reconciler.Count;
        await change();
        await rig.IdleAsync();
        return rig.Reconciler.Count > before;
    }
}
