using CrMonitor.ApiServer;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers.Tests;

/// <summary>Controllers that come and go while the host runs.</summary>
public sealed class RunningControllersTests
{
    [Fact]
    public async Task A_controller_that_is_added_works_and_when_it_is_removed_nothing_of_it_is_left()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        var controllers = rig.Host.Services.GetRequiredService<IControllers>();
        var informers = rig.Host.Services.GetRequiredService<HostInformers>();
        Assert.Equal(["widget"], controllers.Names);
        Assert.Single(informers.All);
        var configMaps = new ConfigMaps();

        Assert.Equal("config", controllers.Add(configMaps, controller => controller.Named("config").Index("any", _ => [])));
        await rig.Client.CreateAsync(Map("first"), cancellationToken: TestContext.Current.CancellationToken);
        await configMaps.SeenAsync("first");
        Assert.Equal(["widget", "config"], controllers.Names);
        Assert.Equal(2, informers.All.Count);
        await rig.ReadyAsync();

        Assert.True(await controllers.RemoveAsync("config"));
        Assert.Equal(["widget"], controllers.Names);
        Assert.Single(informers.All);
        await Eventually.TrueAsync(() => rig.Server.Faults.CountWatches(request => request.Resource == "configmaps") == 0, "the server has seen its watch end");
        Assert.False(await controllers.RemoveAsync("config"));

        // And once more, with the same name and the same index.
        controllers.Add(configMaps, controller => controller.Named("config").Index("any", _ => []));
        await rig.Client.CreateAsync(Map("second"), cancellationToken: TestContext.Current.CancellationToken);
        await configMaps.SeenAsync("second");
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_controller_that_is_removed_before_it_has_started_ends_in_peace()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        var controllers = rig.Host.Services.GetRequiredService<IControllers>();

        for (var i = 0; i < 50; i++)
        {
            controllers.Add(new ConfigMaps(), controller => controller.Named("short"));
            Assert.True(await controllers.RemoveAsync("short"));
        }

        Assert.Equal(["widget"], controllers.Names);
        Assert.Single(rig.Host.Services.GetRequiredService<HostInformers>().All);
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_stop_waits_for_a_controller_that_is_being_removed_before_the_lease_is_given_back()
    {
        var release = new TaskCompletionSource<ReconcileResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reconciler = new FakeReconciler((_, _) => new ValueTask<ReconcileResult>(release.Task));
        await using var rig = await OperatorRig.CreateAsync(
            reconciler, options: options => options.LeaderElection = new LeaderElectionOptions { LeaseNamespace = "default" });
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.Client.CreateAsync(Objects.Widget(version: null!), cancellationToken: TestContext.Current.CancellationToken);
        await reconciler.NextAsync();

        var removal = rig.Host.Services.GetRequiredService<IControllers>().RemoveAsync("widget");
        var stop = rig.Host.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(removal.IsCompleted);
        Assert.False(stop.IsCompleted);

        release.SetResult(ReconcileResult.Done);
        Assert.True(await removal);
        await stop;
        Assert.Contains(rig.Log.Lines, line => line.Text.EndsWith("has given the lease default/tests back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_lease_is_kept_while_a_run_of_a_controller_that_was_removed_does_not_heed_its_cancellation()
    {
        var release = new TaskCompletionSource<ReconcileResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reconciler = new FakeReconciler((_, _) => new ValueTask<ReconcileResult>(release.Task));
        await using var rig = await OperatorRig.CreateAsync(
            reconciler,
            options: options =>
            {
                options.LeaderElection = new LeaderElectionOptions { LeaseNamespace = "default" };
                options.ShutdownGracePeriod = TimeSpan.Zero;
            });
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.Client.CreateAsync(Objects.Widget(version: null!), cancellationToken: TestContext.Current.CancellationToken);
        await reconciler.NextAsync();
        Assert.True(await rig.Host.Services.GetRequiredService<IControllers>().RemoveAsync("widget"));

        await rig.Host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Contains(rig.Log.Lines, line => line.Text.Contains("do not heed their cancellation: default/w", StringComparison.Ordinal));
        Assert.DoesNotContain(rig.Log.Lines, line => line.Text.EndsWith("has given the lease default/tests back", StringComparison.Ordinal));
        release.SetResult(ReconcileResult.Done);
    }

    [Fact]
    public async Task A_controller_that_is_added_just_before_the_stop_ends_in_peace()
    {
        await using var server = await EmbeddedApiServer.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using (var handler = server.CreateHandler())
        {
            await WidgetDefinition.InstallAsync(handler, TestContext.Current.CancellationToken);
        }

        for (var i = 0; i < 30; i++)
        {
            await using var rig = await OperatorRig.CreateAsync(new FakeReconciler(), beside: server);
            await rig.Host.StartAsync(TestContext.Current.CancellationToken);
            rig.Host.Services.GetRequiredService<IControllers>()
                .Add(new ConfigMaps(), controller => controller.Named("late").Triggers((_, _) => AsyncEnumerable.Empty<ObjectKey>()));

            await rig.Host.StopAsync(TestContext.Current.CancellationToken);

            Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);
        }
    }

    [Fact]
    public async Task A_controller_that_cannot_be_added_is_refused_with_the_remedy_and_leaves_nothing()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        var controllers = rig.Host.Services.GetRequiredService<IControllers>();
        Assert.Contains("the host does not run", Assert.Throws<InvalidOperationException>(() => controllers.Add(new ConfigMaps())).Message);

        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Contains("two controllers named 'widget'", Assert.Throws<InvalidOperationException>(() => controllers.Add(new FakeReconciler())).Message);
        Assert.Contains(
            "V1ConfigMap has no member 'status'",
            Assert.Throws<InvalidOperationException>(() => controllers.Add(new ConfigMaps(), controller => controller.When(Changed.Status))).Message);
        Assert.Contains(
            "Declare it with Index(\"none\"",
            Assert.Throws<InvalidOperationException>(() => controllers.Add(new ConfigMaps(), controller => controller.WatchesByIndex<V1Secret>("none"))).Message);
        await Eventually.TrueAsync(() => rig.Host.Services.GetRequiredService<HostInformers>().All.Count == 1, "its caches end");
        Assert.Equal(["widget"], controllers.Names);

        await rig.Host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Contains("the host does not run", Assert.Throws<InvalidOperationException>(() => controllers.Add(new ConfigMaps())).Message);
    }

    [Fact]
    public async Task Controllers_of_dynamic_objects_run_beside_each_other_each_for_its_own_resource()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        var controllers = rig.Host.Services.GetRequiredService<IControllers>();
        var (maps, secrets) = (new Marking(), new Marking());

        controllers.Add(maps, controller => controller.For(DynamicObject.Of(KubeResource.Of(typeof(V1ConfigMap)))));
        controllers.Add(secrets, controller => controller.For(DynamicObject.Of(KubeResource.Of(typeof(V1Secret)))));
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(Map("one"), cancellationToken: TestContext.Current.CancellationToken);
        await rig.Client.CreateAsync(
            new V1Secret { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "one" } },
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["widget", "configmap", "secret"], controllers.Names);
        Assert.Equal("ConfigMap", await maps.Marked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal("Secret", await secrets.Marked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(3, rig.Host.Services.GetRequiredService<HostInformers>().All.Count);
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);

        // The host's own client is bound to neither of them.
        Assert.Throws<InvalidOperationException>(rig.Client.Resource<DynamicObject>);
    }

    [Fact]
    public async Task The_type_of_a_controller_that_was_removed_can_be_bound_to_another_resource()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        var controllers = rig.Host.Services.GetRequiredService<IControllers>();
        var json = new CrMonitorOptions().Resource<V1ConfigMap>().Json;
        var first = new KubeResource<V1ConfigMap>(new KubeResource("example.com", "v1", "firsts", "First"), json);
        var second = new KubeResource<V1ConfigMap>(new KubeResource("example.com", "v1", "seconds", "Second"), json);

        controllers.Add(new ConfigMaps(), controller => controller.Named("a").For(first));
        controllers.Add(new ConfigMaps(), controller => controller.Named("b").For(first));
        Assert.True(await controllers.RemoveAsync("a"));
        Assert.Contains(
            "is bound to example.com/v1 firsts and to example.com/v1 seconds",
            Assert.Throws<InvalidOperationException>(() => controllers.Add(new ConfigMaps(), controller => controller.Named("c").For(second))).Message);
        Assert.True(await controllers.RemoveAsync("b"));

        // One that cannot be added leaves no binding either.
        Assert.Throws<InvalidOperationException>(() => controllers.Add(
            new ConfigMaps(), controller => controller.Named("c").For(first).WatchesByIndex<V1Secret>("none")));
        controllers.Add(new ConfigMaps(), controller => controller.Named("c").For(second));
        Assert.Equal("seconds", rig.Client.Resource<V1ConfigMap>().Plural);
    }

    [Fact]
    public async Task The_indexes_of_a_controller_go_with_it_although_its_cache_stays()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        var controllers = rig.Host.Services.GetRequiredService<IControllers>();
        void Add(string? other = null) => controllers.Add(
            new FakeReconciler(),
            controller =>
            {
                controller.Named("second").Index("by", _ => ["one"]);
                if (other is not null)
                {
                    controller.WatchesByIndex<V1ConfigMap>(other);
                }
            });

        Add();
        Assert.True(await controllers.RemoveAsync("second"));
        Assert.Contains(
            "There is no index 'by'",
            Assert.Throws<ArgumentException>(() => rig.Host.Services.GetRequiredService<ILister<Widget>>().ByIndex("by", "one")).Message);

        Assert.Throws<InvalidOperationException>(() => Add("none"));
        Add();
    }

    [Fact]
    public async Task A_controller_whose_index_another_one_asks_is_not_removed_before_that()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler(), controller => controller.Index("by", _ => ["default/first"]));
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        var controllers = rig.Host.Services.GetRequiredService<IControllers>();
        controllers.Add(new FakeReconciler(), controller => controller.Named("second").WatchesByIndex<V1ConfigMap>("by"));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => controllers.RemoveAsync("widget"));
        Assert.Equal(
            "Controller 'widget' cannot be removed: controller 'second' watches by its index 'by'. Remove 'second' first, or have it declare the index.",
            refused.Message);

        Assert.True(await controllers.RemoveAsync("second"));
        Assert.True(await controllers.RemoveAsync("widget"));
    }

    [Fact]
    public async Task A_rate_limiter_that_cannot_be_made_leaves_no_cache_behind()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        var controllers = rig.Host.Services.GetRequiredService<IControllers>();

        Assert.Throws<NotSupportedException>(() => controllers.Add(new ConfigMaps(), controller => controller.Retry(_ => throw new NotSupportedException())));

        Assert.Single(rig.Host.Services.GetRequiredService<HostInformers>().All);
    }

    private static V1ConfigMap Map(string name) => new() { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name } };

    /// <summary>Labels the object of the name "one", reads it back by the context's client, and tells of which kind it is.</summary>
    private sealed class Marking : IReconciler<DynamicObject>
    {
        public TaskCompletionSource<string> Marked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<DynamicObject> context, CancellationToken cancellationToken)
        {
            if (context is { Key.Name: "one", Object: not null })
            {
                await context.FinalizeAsync("example.com/tests", (_, _) => ValueTask.CompletedTask, cancellationToken);
                var read = await context.Client.GetAsync<DynamicObject>(context.Key, cancellationToken);
                Marked.TrySetResult(read?.Metadata.Finalizers is ["example.com/tests"] ? read.Kind : "none");
            }

            return ReconcileResult.Done;
        }
    }

    private sealed class ConfigMaps : IReconciler<V1ConfigMap>
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, bool> _seen = new();

        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<V1ConfigMap> context, CancellationToken cancellationToken)
        {
            _seen[context.Key.Name] = true;
            return ValueTask.FromResult(ReconcileResult.Done);
        }

        public Task SeenAsync(string name) => Eventually.TrueAsync(() => _seen.ContainsKey(name), $"{name} is reconciled");
    }
}
