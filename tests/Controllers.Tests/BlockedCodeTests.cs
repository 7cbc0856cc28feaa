using System.Text.Json.Nodes;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Controllers.Tests;

/// <summary>Maps, filters and index functions that do not return: they keep what waits for them, and nothing else.</summary>
public sealed class BlockedCodeTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _release = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _release.Dispose();

    [Theory]
    [InlineData("map")]
    [InlineData("filter")]
    [InlineData("index function")]
    public async Task The_removal_of_a_controller_and_the_stop_of_the_host_do_not_wait_for_them_and_name_the_cache(string code)
    {
        await using var rig = await StartAsync(controller => _ = code switch
        {
            "map" => controller.Watches<V1ConfigMap>((_, _) => Block<ObjectKey>()),
            "filter" => controller.When(_ => Block<int>().Count == 0),
            _ => controller.Index("any", _ => Block<string>()),
        });
        Put(rig, code == "map" ? "ConfigMap" : "Widget");
        await _entered.Task.WaitAsync(Cancelled);

        await EndsAsync(Controllers(rig).RemoveAsync("widget"));
        await EndsAsync(rig.Host.StopAsync(CancellationToken.None));

        var resource = code == "map" ? "configmaps (all namespaces)" : "widgets.example.com (all namespaces)";
        Assert.Contains(rig.Log.Lines, line => line is { Level: LogLevel.Error } && line.Text.EndsWith($"does not return: {resource}", StringComparison.Ordinal));
        var held = code switch
        {
            "map" => "a handler of configmaps (",
            "filter" => "a handler of widgets.example.com (",
            _ => "an index function holds that up",
        };
        Assert.Contains(rig.Log.Lines, line => line.Text.StartsWith("Controller widget stopped without these", StringComparison.Ordinal) && line.Text.Contains(held));
        _release.Set();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_stop_of_the_host_does_not_wait_for_those_of_a_controller_that_was_added_and_perhaps_removed(bool isRemoved)
    {
        await using var rig = await StartAsync();
        Controllers(rig).Add(new Idle<V1Secret>(), controller => controller.Named("added").Watches<V1ConfigMap>((_, _) => Block<ObjectKey>()));
        Put(rig, "ConfigMap");
        await _entered.Task.WaitAsync(Cancelled);
        if (isRemoved)
        {
            await EndsAsync(Controllers(rig).RemoveAsync("added"));
        }

        await EndsAsync(rig.Host.StopAsync(CancellationToken.None));

        Assert.Contains(rig.Log.Lines, line => line is { Level: LogLevel.Error } && line.Text.Contains("does not return: ", StringComparison.Ordinal));
        _release.Set();
    }

    [Fact]
    public async Task While_an_index_function_blocks_other_kinds_are_read_controllers_come_and_health_is_told()
    {
        await using var rig = await StartAsync(
            controller => controller.Index("any", _ => Block<string>()), services => services.AddInformer<V1Pod>());
        Put(rig, "Widget");
        await _entered.Task.WaitAsync(Cancelled);

        Controllers(rig).Add(new Idle<V1ConfigMap>(), controller => controller.Named("added"));
        var view = Task.Run(
            () => Controllers(rig).Add(new Idle<V1Secret>(), controller => controller.Named("view").Owns(PartialObjectMetadata.Of(Objects.Widgets))), Cancelled);
        await Eventually.TrueAsync(() => Working(rig, "added"), "it works");
        await EndsAsync(Task.Run(() => rig.Client.GetAsync<V1Pod>(new ObjectKey("default", "p"), Cancelled), Cancelled));
        await EndsAsync(Task.Run(() => LivenessCheck.Check(Host(rig).Informers.All, Host(rig).Controllers), Cancelled));
        await EndsAsync(Task.Run(() => rig.Host.StopAsync(CancellationToken.None), Cancelled));

        _release.Set();
        await Record.ExceptionAsync(() => view);
    }

    [Fact]
    public async Task A_controller_whose_own_index_function_blocks_when_it_is_added_holds_up_no_stop()
    {
        await using var rig = await StartAsync();
        await rig.Client.CreateAsync(Objects.Widget(version: null!), cancellationToken: Cancelled);
        var add = Task.Run(
            () => Controllers(rig).Add(new FakeReconciler(), controller => controller.Named("added").Index("x", _ => Block<string>())), Cancelled);
        await _entered.Task.WaitAsync(Cancelled);

        await EndsAsync(Task.Run(() => rig.Host.StopAsync(CancellationToken.None), Cancelled));

        _release.Set();
        Assert.Contains("the host does not run", (await Assert.ThrowsAsync<InvalidOperationException>(() => add)).Message);
    }

    [Fact]
    public async Task The_hosts_patience_ends_the_grace_time_of_a_controller_that_is_being_removed_too()
    {
        var reconciler = new FakeReconciler((_, cancellationToken) => RunTests.Forever(cancellationToken));
        await using var rig = await OperatorRig.CreateAsync(
            reconciler, options: options => options.ShutdownGracePeriod = Timeout.InfiniteTimeSpan, time: _time);
        await rig.Host.StartAsync(Cancelled);
        Put(rig, "Widget");
        await reconciler.NextAsync();
        var removal = Controllers(rig).RemoveAsync("widget");

        await EndsAsync(Host(rig).StopAsync(new CancellationToken(canceled: true)));

        await EndsAsync(removal);
    }

    [Fact]
    public async Task Stops_that_come_at_the_same_time_are_one()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var rig = await StartAsync(controller =>
            {
                for (var i = 0; i < 200; i++)
                {
                    controller.Index($"index-{i}", _ => []);
                }
            });

            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Host(rig).StopAsync(CancellationToken.None), Cancelled)));
        }
    }

    private static IControllers Controllers(OperatorRig rig) => rig.Host.Services.GetRequiredService<IControllers>();

    private static ControllerHost Host(OperatorRig rig) => rig.Host.Services.GetRequiredService<ControllerHost>();

    private static bool Working(OperatorRig rig, string name) => Host(rig).Controllers.Any(controller => controller.Name == name && controller.IsWorking);

    // Not by the host's client, which would tell the caches of it, and block here.
    private static void Put(OperatorRig rig, string kind) => rig.Server.Storage.Put(new JsonObject
    {
        ["apiVersion"] = kind == "Widget" ? "example.com/v1" : "v1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["namespace"] = "default", ["name"] = "w" },
    });

    private async Task<OperatorRig> StartAsync(
        Action<ControllerBuilder<Widget>>? controller = null, Func<CrMonitorBuilder, CrMonitorBuilder>? services = null)
    {
        var rig = await OperatorRig.CreateAsync(
            new FakeReconciler(), controller, options => options.ShutdownGracePeriod = TimeSpan.Zero, services, time: _time);
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        return rig;
    }

    private IReadOnlyList<T> Block<T>()
    {
        _entered.TrySetResult();
        _release.Wait(TimeSpan.FromMinutes(1));
        return [];
    }

    // Lets time pass meanwhile.
    private async Task EndsAsync(Task task)
    {
        await Eventually.TrueAsync(_time, TimeSpan.FromMilliseconds(500), () => ValueTask.FromResult(task.IsCompleted), "it ends");
        await task;
    }

    private sealed class Idle<T> : IReconciler<T>
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<T> context, CancellationToken cancellationToken) =>
            ValueTask.FromResult(ReconcileResult.Done);
    }
}
