using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class WakingTests
{
    private const Changed AllParts =
        Changed.Generation | Changed.Labels | Changed.Annotations | Changed.Deletion | Changed.Finalizers | Changed.OwnerReferences;

    [Fact]
    public async Task No_run_starts_before_everything_that_wakes_the_controller_has_synced()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>());
        var started = rig.Controller.StartWorkersAsync();
        await rig.Informers.Widgets.SetAsync(Widget(), isInitialList: true);
        rig.Informers.Widgets.Sync();
        Assert.False(started.IsCompleted, "the deployments are not there yet");
        Assert.False(rig.Controller.IsWorking);

        rig.Informers.Deployments.Sync();
        await started;

        Assert.Equal([new ReconcileReason(ReconcileTrigger.Listed)], (await rig.Reconciler.NextAsync()).Reasons);
    }

    [Fact]
    public async Task A_change_of_owner_wakes_the_old_and_the_new_one()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>());
        await rig.StartAsync();
        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("a")));
        Assert.Equal("a", (await rig.Reconciler.NextAsync()).Key.Name);
        await rig.IdleAsync();

        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("b")));

        var woken = new[] { await rig.Reconciler.NextAsync(), await rig.Reconciler.NextAsync() };
        Assert.Equal(["a", "b"], woken.Select(context => context.Key.Name).Order());
        Assert.All(woken, context => Assert.Equal(
            [new ReconcileReason(ReconcileTrigger.Owned, "Deployment", new ObjectKey("default", "d"))], context.Reasons));
    }

    [Fact]
    public async Task Owners_are_recognised_by_group_and_kind_whatever_their_version_and_only_as_controllers()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>());
        await rig.StartAsync();

        await rig.Informers.Deployments.SetAsync(Deployment("1", Owner("other-group", apiVersion: "example.org/v1")));
        await rig.Informers.Deployments.SetAsync(Deployment("2", Owner("other-kind", kind: "Gadget")));
        await rig.Informers.Deployments.SetAsync(Deployment("3", Owner("no-controller", controller: null)));
        await rig.Informers.Deployments.SetAsync(Deployment("4", Owner("no-group", apiVersion: "v1")));
        await rig.Informers.Deployments.SetAsync(Deployment("5", Owner("other-version", apiVersion: "example.com/v1beta2")));

        Assert.Equal("other-version", (await rig.Reconciler.NextAsync()).Key.Name);
        await rig.IdleAsync();
        Assert.Equal(1, rig.Reconciler.Count);
    }

    [Fact]
    public async Task The_deletion_of_an_owned_object_wakes_its_owner()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Owns<V1Deployment>());
        await rig.StartAsync();
        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("a")));
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        await rig.Informers.Deployments.DeleteAsync(new ObjectKey("default", "d"));

        Assert.Equal("a", (await rig.Reconciler.NextAsync()).Key.Name);
    }

    [Fact]
    public async Task The_owner_of_a_cluster_scoped_kind_is_looked_for_without_a_namespace()
    {
        await using var rig = new ControllerRig(configure: controller => controller.ClusterScoped().Owns<V1Deployment>());
        await rig.StartAsync();

        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("a")));

        Assert.Equal(new ObjectKey(null, "a"), (await rig.Reconciler.NextAsync()).Key);
    }

    [Fact]
    public async Task A_map_function_is_asked_for_the_old_and_the_new_state()
    {
        await using var rig = new ControllerRig(configure: controller => controller.Watches<V1Deployment>(
            (deployment, _) => [new ObjectKey("default", deployment.Metadata.Labels["widget"])]));
        await rig.StartAsync();
        await rig.Informers.Deployments.SetAsync(Labelled("a"));
        Assert.Equal("a", (await rig.Reconciler.NextAsync()).Key.Name);
        await rig.IdleAsync();

        await rig.Informers.Deployments.SetAsync(Labelled("b"));

        var woken = new[] { await rig.Reconciler.NextAsync(), await rig.Reconciler.NextAsync() };
        Assert.Equal(["a", "b"], woken.Select(context => context.Key.Name).Order());
    }

    [Theory]
    [InlineData(Changed.Generation, 0)]
    [InlineData(Changed.Generation | Changed.Labels | Changed.Deletion, 1)]
    [InlineData(Changed.Annotations, 0)]
    [InlineData(Changed.Anything, 1)]
    [InlineData(Changed.None, 0)]
    public async Task A_change_of_labels_wakes_only_a_controller_that_asked_for_it(Changed changes, int runs)
    {
        await using var rig = await WithOneWidgetAsync(changes);
        var changed = Widget(version: "2");
        changed.Metadata.Labels = new Dictionary<string, string> { ["tier"] = "web" };

        await rig.Informers.Widgets.SetAsync(changed);

        await rig.IdleAsync();
        Assert.Equal(runs, rig.Reconciler.Count - 1);
    }

    [Theory]
    [InlineData(Changed.Generation | Changed.Labels | Changed.Deletion, 0)]
    [InlineData(Changed.Anything, 1)]
    [InlineData(Changed.Status, 1)]
    [InlineData(Changed.Spec, 0)]
    public async Task A_change_of_status_wakes_only_a_controller_that_asked_for_it_or_for_anything(Changed changes, int runs)
    {
        await using var rig = await WithOneWidgetAsync(changes);
        var changed = Widget(version: "2");
        changed.Status = new WidgetStatus { Size = 3 };

        await rig.Informers.Widgets.SetAsync(changed);

        await rig.IdleAsync();
        Assert.Equal(runs, rig.Reconciler.Count - 1);
    }

    [Theory]
    [InlineData(Changed.Generation)]
    [InlineData(Changed.Labels)]
    [InlineData(Changed.Annotations)]
    [InlineData(Changed.Finalizers)]
    [InlineData(Changed.OwnerReferences)]
    public async Task A_part_of_the_metadata_that_comes_changes_or_goes_wakes_those_who_asked_for_it_and_no_others(Changed part)
    {
        await using var asked = await WithOneWidgetAsync(part);
        await using var others = await WithOneWidgetAsync(AllParts & ~part);

        await SetAsync("2", value: "a", runs: 2);
        await SetAsync("3", value: "b", runs: 3);
        await SetAsync("4", value: "b", runs: 3);
        await SetAsync("5", value: null, runs: 4);
        Assert.Equal(1, others.Reconciler.Count);

        async Task SetAsync(string version, string? value, int runs)
        {
            foreach (var rig in new[] { asked, others })
            {
                await rig.Informers.Widgets.SetAsync(With(part, value, version));
                await rig.IdleAsync();
            }

            Assert.Equal(runs, asked.Reconciler.Count);
        }
    }

    // Reference: case 92. A server that is asked to delete an object with finalizers sets the timestamp and raises the generation in one write.
    [Theory]
    [InlineData(Changed.Generation)]
    [InlineData(Changed.Generation | Changed.Deletion)]
    public async Task A_change_of_status_starts_no_run_one_of_the_spec_one_and_the_deletion_that_raises_the_generation_one(Changed changes)
    {
        await using var rig = await WithOneWidgetAsync(changes);
        var reported = Widget(version: "2");
        reported.Status = new WidgetStatus { Size = 3 };
        reported.Metadata.Labels = new Dictionary<string, string> { ["tier"] = "web" };
        await SetAsync(reported, runs: 1);

        await SetAsync(Widget(version: "3", generation: 2), runs: 2);

        var deleted = Widget(version: "4", generation: 3);
        deleted.Metadata.DeletionTimestamp = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await SetAsync(deleted, runs: 3);

        async Task SetAsync(Widget widget, int runs)
        {
            await rig.Informers.Widgets.SetAsync(widget);
            await rig.IdleAsync();
            Assert.Equal(runs, rig.Reconciler.Count);
        }
    }

    [Fact]
    public async Task A_status_that_comes_changes_or_goes_is_a_change_and_one_that_is_written_again_is_none()
    {
        await using var rig = await WithOneWidgetAsync(Changed.Status | Changed.Spec);
        await SetAsync("2", status: new WidgetStatus { Phase = "Ready" }, runs: 2);
        await SetAsync("3", status: new WidgetStatus { Phase = "Ready" }, runs: 2);
        await SetAsync("4", status: new WidgetStatus { Phase = "Ready", Size = 1 }, runs: 3);
        await SetAsync("5", status: null, runs: 4);
        await SetAsync("6", status: null, runs: 5, size: 2);
        await SetAsync("7", status: null, runs: 5, size: 2);

        async Task SetAsync(string version, WidgetStatus? status, int runs, int size = 1)
        {
            var widget = Widget(version: version);
            widget.Status = status;
            widget.Spec!.Size = size;
            await rig.Informers.Widgets.SetAsync(widget);
            await rig.IdleAsync();
            Assert.Equal(runs, rig.Reconciler.Count);
        }
    }

    [Fact]
    public void Dynamic_objects_are_compared_as_they_came()
    {
        var status = MemberChange<DynamicObject>.Of(DynamicObject.Of(Widgets).Json, "status")!;

        Assert.False(status.IsBetween(Dynamic("""{"spec":{"a":1}}"""), Dynamic("""{"spec":{"a":2}}""")));
        Assert.False(status.IsBetween(Dynamic("""{"status":{"a":1}}"""), Dynamic("""{"status":{"a":1},"spec":{}}""")));
        Assert.True(status.IsBetween(Dynamic("""{"status":{"a":1}}"""), Dynamic("""{"status":{"a":2}}""")));
        Assert.True(status.IsBetween(Dynamic("{}"), Dynamic("""{"status":{}}""")));

        static DynamicObject Dynamic(string json) => DynamicObject.Parse(System.Text.Encoding.UTF8.GetBytes(json));
    }

    [Fact]
    public void A_kind_without_the_member_is_told_apart()
    {
        Assert.NotNull(MemberChange<V1Deployment>.Of(new CrMonitorOptions().Resource<V1Deployment>().Json, "status"));
        Assert.Null(MemberChange<V1ConfigMap>.Of(new CrMonitorOptions().Resource<V1ConfigMap>().Json, "spec"));
        Assert.Null(MemberChange<PartialObjectMetadata>.Of(PartialObjectMetadata.Of(Widgets).Json, "status"));
    }

    [Fact]
    public async Task Deletion_and_the_end_of_a_foreign_finalizer_wake_the_controller_once_each()
    {
        await using var rig = await WithOneWidgetAsync(Changed.Deletion);
        var finalized = Widget(version: "2");
        finalized.Metadata.Finalizers = ["example.org/other", "example.com/ours"];
        await rig.Informers.Widgets.SetAsync(finalized);
        await rig.IdleAsync();
        Assert.Equal(1, rig.Reconciler.Count);

        var deleted = Widget(version: "3");
        deleted.Metadata.Finalizers = ["example.org/other", "example.com/ours"];
        deleted.Metadata.DeletionTimestamp = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        await rig.Informers.Widgets.SetAsync(deleted);
        await rig.IdleAsync();
        Assert.Equal(2, rig.Reconciler.Count);

        var alone = Widget(version: "4");
        alone.Metadata.Finalizers = ["example.com/ours"];
        alone.Metadata.DeletionTimestamp = deleted.Metadata.DeletionTimestamp;
        await rig.Informers.Widgets.SetAsync(alone);
        await rig.IdleAsync();
        Assert.Equal(3, rig.Reconciler.Count);
    }

    [Fact]
    public async Task An_object_that_was_deleted_and_created_again_unseen_is_a_new_one()
    {
        await using var rig = await WithOneWidgetAsync(Changed.None);

        await rig.Informers.Widgets.SetAsync(Widget(version: "2", uid: "uid-2"));

        await rig.Reconciler.NextAsync();
        var context = await rig.Reconciler.NextAsync();
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Created)], context.Reasons);
        Assert.Equal("uid-2", context.Object?.Metadata.Uid);
    }

    [Fact]
    public async Task A_resync_wakes_the_controller_whatever_it_asked_for()
    {
        await using var rig = await WithOneWidgetAsync(Changed.None);
        var current = rig.Informers.Widgets.Cache.Get(Key)!;

        await rig.Informers.Widgets.SetAsync(current);

        await rig.Reconciler.NextAsync();
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Resync)], (await rig.Reconciler.NextAsync()).Reasons);
    }

    [Fact]
    public async Task A_filter_that_fails_lets_the_change_through()
    {
        await using var rig = new ControllerRig(configure: controller => controller.When(change =>
            change.Current?.Metadata.ResourceVersion == "1" ? false : throw new InvalidOperationException("a mistake")));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.IdleAsync();
        Assert.Equal(0, rig.Reconciler.Count);

        await rig.Informers.Widgets.SetAsync(Widget(version: "2"));

        await rig.Reconciler.NextAsync();
        Assert.Contains(rig.Log.Lines, line => line.Exception is InvalidOperationException { Message: "a mistake" });
    }

    [Fact]
    public async Task A_reconciler_is_called_without_an_object_when_it_is_gone()
    {
        await using var rig = await WithOneWidgetAsync(Changed.Anything);
        await rig.Reconciler.NextAsync();

        await rig.Informers.Widgets.DeleteAsync(Key);

        var context = await rig.Reconciler.NextAsync();
        Assert.Null(context.Object);
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Deleted)], context.Reasons);
    }

    [Fact]
    public async Task A_deletion_of_which_nothing_but_the_key_is_known_wakes_the_controller()
    {
        await using var rig = new ControllerRig();
        await rig.StartAsync();

        await rig.Informers.Widgets.TellAsync(new ResourceChange<Widget>(ChangeKind.Deleted, Key, null, null) { IsFinalStateUnknown = true });

        Assert.Equal(Key, (await rig.Reconciler.NextAsync()).Key);
    }

    [Fact]
    public async Task Changes_during_a_run_lead_to_exactly_one_more_with_all_their_reasons()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        await using var rig = await InARunAsync(release.Task);

        for (var version = 2; version < 10; version++)
        {
            await rig.Informers.Widgets.SetAsync(Widget(version: $"{version}"));
        }

        await rig.Informers.Deployments.SetAsync(Deployment("d", Owner("w")));
        release.SetResult(ReconcileResult.Done);

        var next = await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        Assert.Equal(2, rig.Reconciler.Count);
        Assert.Equal("9", next.Object?.Metadata.ResourceVersion);
        Assert.Equal(
            [new ReconcileReason(ReconcileTrigger.Updated), new ReconcileReason(ReconcileTrigger.Owned, "Deployment", new ObjectKey("default", "d"))],
            next.Reasons);
    }

    [Fact]
    public async Task Of_many_reasons_sixteen_are_kept_and_the_others_counted()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        await using var rig = await InARunAsync(release.Task);
        for (var i = 0; i < 20; i++)
        {
            await rig.Informers.Deployments.SetAsync(Deployment($"d{i}", Owner("w")));
        }

        release.SetResult(ReconcileResult.Done);

        var next = await rig.Reconciler.NextAsync();
        Assert.Equal((16, 4), (next.Reasons.Count, next.OmittedReasons));
    }

    [Fact]
    public async Task A_slow_key_that_changes_all_the_time_does_not_hold_up_the_others()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        await using var rig = new ControllerRig(
            new FakeReconciler((context, _) => context.Key.Name == "hot" ? new ValueTask<ReconcileResult>(release.Task) : ValueTask.FromResult(ReconcileResult.Done)),
            controller => controller.Concurrency(2));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget("hot"));
        await rig.Reconciler.NextAsync();

        for (var i = 0; i < 1000; i++)
        {
            await rig.Informers.Widgets.SetAsync(Widget($"w{i}"));
            await rig.Informers.Widgets.SetAsync(Widget("hot", version: $"{i + 2}"));
        }

        for (var i = 0; i < 1000; i++)
        {
            Assert.NotEqual("hot", (await rig.Reconciler.NextAsync()).Key.Name);
        }

        // The last of the others has begun, and may not have ended yet.
        await Eventually.TrueAsync(() => rig.Controller.BusyWorkers() is [{ Key.Name: "hot" }], "the slow key alone is in work");
        release.SetResult(ReconcileResult.Done);
    }

    /// <summary>A controller whose first run has begun and ends with <paramref name="result"/>.</summary>
    private static async Task<ControllerRig> InARunAsync(Task<ReconcileResult> result)
    {
        var rig = new ControllerRig(new FakeReconciler((_, _) => new ValueTask<ReconcileResult>(result)), controller => controller.Owns<V1Deployment>());
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        return rig;
    }

    /// <summary>A widget of which nothing but one part of the metadata differs from the first one.</summary>
    private static Widget With(Changed part, string? value, string version)
    {
        var widget = Widget(version: version);
        var metadata = widget.Metadata;
        switch (part, value)
        {
            case (_, null):
                break;
            case (Changed.Generation, _):
                metadata.Generation = value == "a" ? 2 : 3;
                break;
            case (Changed.Labels, _):
                metadata.Labels = new Dictionary<string, string> { ["key"] = value };
                break;
            case (Changed.Annotations, _):
                metadata.Annotations = new Dictionary<string, string> { ["key"] = value };
                break;
            case (Changed.Finalizers, _):
                metadata.Finalizers = [$"example.com/{value}"];
                break;
            case (Changed.OwnerReferences, _):
                metadata.OwnerReferences = [Owner(value)];
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(part), part, "no part of the metadata");
        }

        return widget;
    }

    private static V1Deployment Labelled(string widget)
    {
        var deployment = Deployment("d");
        deployment.Metadata.Labels = new Dictionary<string, string> { ["widget"] = widget };
        return deployment;
    }

    private static async Task<ControllerRig> WithOneWidgetAsync(Changed changes)
    {
        var rig = new ControllerRig(configure: controller => controller.When(changes));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.IdleAsync();
        Assert.Equal(1, rig.Reconciler.Count);
        return rig;
    }
}
