using System.Text.Json.Nodes;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>The whole runtime against the embedded server.</summary>
public sealed class OperatorTests
{
    private const string Finalizer = "example.com/tests";

    [Fact]
    public async Task An_object_is_reconciled_to_its_end_without_a_write_too_many()
    {
        var cleaned = 0;
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            if (await context.FinalizeAsync(
                Finalizer,
                (_, _) =>
                {
                    cleaned++;
                    return ValueTask.CompletedTask;
                },
                cancellationToken))
            {
                return ReconcileResult.Done;
            }

            var widget = context.Object!;
            var deployment = DeploymentOf(widget);
            OwnerReferences.SetController(deployment, widget, Widgets);
            await context.Client.ApplyAsync(deployment, cancellationToken: cancellationToken);
            var conditions = new ConditionSet(widget.Status?.Conditions, widget.Metadata.Generation);
            conditions.Set("Ready", true, "Applied", "the deployment is as desired");
            await context.PatchStatusAsync(
                new WidgetStatus { Size = widget.Spec?.Size, Conditions = conditions.ToList() }, cancellationToken: cancellationToken);
            return ReconcileResult.Done;
        });
        await using var rig = await OperatorRig.CreateAsync(
            reconciler, controller => controller.Owns<V1Deployment>().When(Changed.Generation | Changed.Labels | Changed.Deletion));
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();

        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);

        // It converges, and then nothing is written or run any more.
        await Eventually.TrueAsync(async () => (await GetAsync(rig))?.Status?.Size == 3, "the status is written");
        await Eventually.TrueAsync(
            async () => (await rig.Client.GetAsync<V1Deployment>(Key, TestContext.Current.CancellationToken))?.Status?.AvailableReplicas == 3, "the replicas came up");
        await QuietAsync(rig, reconciler);
        var stored = (await GetAsync(rig))!;
        Assert.Equal([Finalizer], stored.Metadata.Finalizers);
        Assert.Equal(stored.Metadata.Generation, Assert.Single(stored.Status!.Conditions!).ObservedGeneration);

        // What it owns comes back.
        await rig.Client.DeleteAsync<V1Deployment>(Key, cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            async () => await rig.Client.GetAsync<V1Deployment>(Key, TestContext.Current.CancellationToken) is { Metadata.DeletionTimestamp: null },
            "it is back");

        // It goes, after its clean-up.
        await rig.Client.DeleteAsync<Widget>(Key, cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(async () => await GetAsync(rig) is null, "it is gone");
        Assert.True(cleaned > 0, "a clean-up runs at least once: again, where the cache does not show yet that the finalizer is gone");
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Kinds_that_are_held_in_a_richer_form_are_watched_once_and_reconciled_by_views()
    {
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            if (context.Object is { } widget)
            {
                var deployment = DeploymentOf(widget);
                OwnerReferences.SetController(deployment, widget, Widgets);
                await context.Client.ApplyAsync(deployment, cancellationToken: cancellationToken);
                await context.PatchStatusAsync(new WidgetStatus { Size = widget.Spec?.Size }, cancellationToken: cancellationToken);
            }

            return ReconcileResult.Done;
        });
        var deployments = KubeResource.Of(typeof(V1Deployment));
        await using var rig = await OperatorRig.CreateAsync(
            reconciler,
            controller => controller.Owns<PartialObjectMetadata>(),
            options => options.AddResource(PartialObjectMetadata.Of(deployments)),
            services: crMonitor => crMonitor.AddInformer(DynamicObject.Of(Widgets)).AddInformer<V1Deployment>());
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(async () => (await GetAsync(rig))?.Status?.Size == 3, "the status is written");
        await QuietAsync(rig, reconciler);

        // The owned one, seen as metadata, wakes its owner when it goes.
        await rig.Client.DeleteAsync<V1Deployment>(Key, cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            async () => await rig.Client.GetAsync<V1Deployment>(Key, TestContext.Current.CancellationToken) is { Metadata.DeletionTimestamp: null },
            "it is back");
        var held = rig.Host.Services.GetRequiredService<ILister<DynamicObject>>();
        Assert.True(held.Get(Key)!.TryGetInt64(DynamicPath.Parse("status.size"), out var size) && size == 3);
        Assert.Equal(
            ["deployments", "widgets"],
            rig.Server.Requests.Latest(request => request.Verb is "list" or "watch" && request.Resource is "widgets" or "deployments")
                .Select(request => request.Resource)
                .Order());
        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_controller_owns_objects_of_several_kinds_as_metadata()
    {
        var reconciler = new FakeReconciler();
        await using var rig = await OperatorRig.CreateAsync(reconciler, controller => controller
            .Owns(PartialObjectMetadata.Of(KubeResource.Of(typeof(V1ConfigMap))))
            .Owns(PartialObjectMetadata.Of(KubeResource.Of(typeof(V1Secret)))));
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        var widget = await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);
        await reconciler.NextAsync();
        var metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "owned", OwnerReferences = [Owner("w")] };
        metadata.OwnerReferences[0].Uid = widget.Metadata.Uid;

        await rig.Client.CreateAsync(new V1ConfigMap { Metadata = metadata }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("ConfigMap", Assert.Single((await reconciler.NextAsync()).Reasons).Kind);
        await rig.Client.CreateAsync(new V1Secret { Metadata = metadata }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("Secret", Assert.Single((await reconciler.NextAsync()).Reasons).Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_its_status_write_a_run_goes_on_with_what_the_cache_shows_of_the_answer(bool isView)
    {
        var written = new TaskCompletionSource<(Widget? OfTheRun, Widget? OfTheCache)>(TaskCreationOptions.RunContinuationsAsynchronously);
        ILister<Widget>? cache = null;
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            if (context.Object is { Status: null }
                && await context.PatchStatusAsync(new WidgetStatus { Size = 7 }, cancellationToken: cancellationToken))
            {
                written.SetResult((context.Object, cache!.Get(Key)));
            }

            return ReconcileResult.Done;
        });
        await using var rig = await OperatorRig.CreateAsync(
            reconciler, services: crMonitor => isView ? crMonitor.AddInformer(DynamicObject.Of(Widgets)) : crMonitor);
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        cache = rig.Host.Services.GetRequiredService<ILister<Widget>>();
        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);

        var (ofTheRun, ofTheCache) = await written.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(7, ofTheRun?.Status?.Size);
        Assert.Same(ofTheCache, ofTheRun);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"kind":"Widget","metadata":{"name":"w","namespace":"default","resourceVersion":"999"},"spec":"broken"}""")]
    public async Task An_answer_to_a_status_write_that_shows_no_object_fails_the_run_with_the_request_and_the_kind(string answer)
    {
        var failure = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            failure.TrySetResult(await Record.ExceptionAsync(() => context.PatchStatusAsync(new WidgetStatus { Size = 7 }, cancellationToken: cancellationToken)));
            return ReconcileResult.Done;
        });
        await using var rig = await OperatorRig.CreateAsync(reconciler, options: options =>
        {
            var transport = options.Transport;
            options.Transport = services => new AnsweringTransport(transport(services), HttpMethod.Patch, answer);
        });
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);

        var refused = Assert.IsType<InvalidDataException>(await failure.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        Assert.StartsWith("PATCH /apis/example.com/v1/namespaces/default/widgets/w/status", refused.Message, StringComparison.Ordinal);
        Assert.Contains("is not a Widget as Widget describes it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_server_is_gone_the_host_runs_is_not_ready_and_says_why_and_then_catches_up()
    {
        var reconciler = new FakeReconciler();
        await using var rig = await OperatorRig.CreateAsync(reconciler);
        await rig.Server.StopListeningAsync();

        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            async () => (await rig.HealthAsync()).Entries["crmonitor-ready"] is { Status: HealthStatus.Unhealthy, Description: { } text }
                && text.Contains("widgets.example.com: not synced (") && text.Contains("controller widget: not started"),
            "readiness names the informer and its failure");
        Assert.Equal(HealthStatus.Healthy, (await rig.HealthAsync()).Entries["crmonitor-live"].Status);

        await rig.Server.StartListeningAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(Key, (await reconciler.NextAsync()).Key);
    }

    // Reference: case 99.
    [Fact]
    public async Task A_kind_that_does_not_exist_at_the_start_is_named_and_the_controller_works_when_it_appears()
    {
        var reconciler = new FakeReconciler();
        await using var server = await ApiServer.EmbeddedApiServer.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var rig = await OperatorRig.CreateAsync(
            reconciler, options: options => options.SyncTimeout = TimeSpan.FromMilliseconds(100), beside: server);
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            () => rig.Log.Lines.Any(line => line is { Level: LogLevel.Warning } && line.Text.Contains("it goes on waiting for widgets.example.com (")),
            "the missing kind is named");
        Assert.False((await rig.HealthAsync()).Entries["crmonitor-ready"].Status == HealthStatus.Healthy);

        using var handler = server.CreateHandler();
        await WidgetDefinition.InstallAsync(handler, TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(Key, (await reconciler.NextAsync()).Key);
    }

    [Fact]
    public async Task An_object_that_was_deleted_while_the_server_was_out_of_reach_is_reconciled_as_gone()
    {
        var reconciler = new FakeReconciler();
        await using var rig = await OperatorRig.CreateAsync(reconciler);
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotNull((await reconciler.NextAsync()).Object);

        rig.Server.Faults.DropWatches();
        await rig.Client.DeleteAsync<Widget>(Key, cancellationToken: TestContext.Current.CancellationToken);
        rig.Server.Compact();

        while ((await reconciler.NextAsync()).Object is not null)
        {
        }
    }

    [Fact]
    public async Task Events_are_written_and_counted()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        var widget = await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);
        var events = rig.Host.Services.GetRequiredService<IEventRecorder>();
        for (var i = 0; i < 3; i++)
        {
            events.Record(widget, EventType.Normal, "Created", "Create", "Created it");
        }

        await rig.Host.StopAsync(TestContext.Current.CancellationToken);

        using var handler = rig.Server.CreateHandler();
        using var transport = new HttpMessageHandlerTransport(new Uri("http://server"), handler);
        var answer = await new RestClient(transport).SendAsync(
            new KubeRequest { Method = HttpMethod.Get, Path = "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=w" },
            TestContext.Current.CancellationToken);
        var item = Assert.Single(JsonNode.Parse(answer.Body.Span)!["items"]!.AsArray())!;
        Assert.Equal(("Created", "Created it", 3), ((string)item["reason"]!, (string)item["message"]!, (int)item["series"]!["count"]!));
        Assert.Equal(widget.Metadata.Uid, (string?)item["involvedObject"]!["uid"]);
    }

    [Fact]
    public async Task A_stop_of_the_host_cancels_what_still_runs_and_leaves_nothing()
    {
        var reconciler = new FakeReconciler((_, cancellationToken) => RunTests.Forever(cancellationToken));
        await using var rig = await OperatorRig.CreateAsync(reconciler, options: options => options.ShutdownGracePeriod = TimeSpan.FromMilliseconds(100));
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);
        await reconciler.NextAsync();

        await rig.Host.StopAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.DoesNotContain(rig.Log.Lines, line => line.Level >= LogLevel.Error);
    }

    // Reference: case 96, "workers before caches". What is written after the stop has begun comes into the cache, and the reads ask nobody else.
    [Fact]
    public async Task A_run_that_goes_on_while_the_host_stops_still_reads_caches_that_follow_the_server()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = new ObjectKey("default", "late");
        OperatorRig? rig = null;
        List<string> read = [];
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            await release.Task;
            await Eventually.TrueAsync(
                async () => await context.Client.GetAsync<Widget>(late, cancellationToken) is not null, "the client's cache shows what came after the stop");
            read.AddRange((await context.Client.ListAsync<Widget>(cancellationToken: cancellationToken)).Select(widget => widget.Metadata.Name));
            read.Add(rig!.Host.Services.GetRequiredService<ILister<Widget>>().Get(late)!.Metadata.Name);
            return ReconcileResult.Done;
        });
        await using var made = rig = await OperatorRig.CreateAsync(reconciler, options: options => options.ShutdownGracePeriod = TimeSpan.FromHours(1));
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(New(), cancellationToken: TestContext.Current.CancellationToken);
        await reconciler.NextAsync();

        // The host's own part in the stop: it has begun when this returns.
        var stop = rig.Host.Services.GetServices<IHostedService>().OfType<ControllerHost>().Single().StopAsync(TestContext.Current.CancellationToken);
        rig.Paths.Clear();
        rig.Server.Storage.Put(new JsonObject
        {
            ["apiVersion"] = "example.com/v1",
            ["kind"] = "Widget",
            ["metadata"] = new JsonObject { ["namespace"] = late.Namespace, ["name"] = late.Name },
        });
        Assert.False(stop.IsCompleted, "it waits for the run");
        release.SetResult();
        await stop;

        Assert.Equal(["late", "late", "w"], read.Order());
        Assert.Empty(rig.Paths);
        await Eventually.TrueAsync(() => rig.Server.Faults.CountWatches() == 0, "the server has seen the watches end");
    }

    private static Widget New() => new() { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "w" }, Spec = new WidgetSpec { Size = 3 } };

    private static Task<Widget?> GetAsync(OperatorRig rig) => rig.Client.GetAsync<Widget>(Key, TestContext.Current.CancellationToken);

    private static V1Deployment DeploymentOf(Widget widget) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = widget.Metadata.NamespaceProperty, Name = widget.Metadata.Name },
        Spec = new V1DeploymentSpec
        {
            Replicas = widget.Spec!.Size,
            Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "w" } },
            Template = new V1PodTemplateSpec
            {
                Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "w" } },
                Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Image = "nginx" }] },
            },
        },
    };

    // Ten server round trips during which the server's revision and the number of runs stand still.
    private static async Task QuietAsync(OperatorRig rig, FakeReconciler reconciler)
    {
        var still = 0;
        var last = (rig.Server.Revision, reconciler.Count);
        await Eventually.TrueAsync(
            () =>
            {
                var now = (rig.Server.Revision, reconciler.Count);
                still = now == last ? still + 1 : 0;
                last = now;
                return still > 10;
            },
            "nothing happens any more");
    }
}
