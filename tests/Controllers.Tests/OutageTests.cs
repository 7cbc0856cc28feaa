using System.Text.Json.Nodes;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Controllers.Tests;

/// <summary>A server that is gone for a while.</summary>
public sealed class OutageTests
{
    private const int Widgets = 10;
    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;

    // Acceptance test 12.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_the_server_is_gone_the_host_lives_says_so_asks_seldom_and_afterwards_catches_up(bool elects)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = await OperatorRig.CreateAsync(
            new FakeReconciler(ApplyChildAsync),
            controller => controller.Concurrency(4).Owns<V1ConfigMap>(),
            options => options.LeaderElection = elects ? new LeaderElectionOptions { LeaseNamespace = "default" } : null,
            time: time);
        await rig.Host.StartAsync(Cancelled);
        for (var i = 0; i < Widgets; i++)
        {
            Put(rig, $"w{i}", size: 1);
        }

        await PassUntilAsync(time, () => Children(rig, "1") == Widgets, "each widget has its child");
        await PassUntilAsync(time, async () => (await CheckAsync(rig, "ready")).Status == HealthStatus.Healthy, "the host is ready");

        await rig.Server.StopListeningAsync();
        var downSince = time.GetUtcNow();
        rig.Paths.Clear();
        foreach (var i in Enumerable.Range(0, Widgets))
        {
            // Nobody tells the host of these until the server is back.
            Put(rig, $"w{i}", size: 2);
            Controller(rig).Trigger(new ObjectKey("default", $"w{i}"), new ReconcileReason(ReconcileTrigger.External), isNews: true);
        }

        // Before time passes: the lease cannot be renewed, and who no longer leads writes nothing.
        await Eventually.TrueAsync(() => rig.Paths.Any(IsWrite), "it tries to write");
        rig.Server.Storage.Remove("widgets.example.com", "default", "w0");
        rig.Server.Compact();
        await PassUntilAsync(time, async () => (await CheckAsync(rig, "ready")).Status == HealthStatus.Unhealthy, "the host is not ready");
        while (time.GetUtcNow() - downSince < Outage)
        {
            var before = rig.Paths.Count;
            await PassAsync(time, TimeSpan.FromMinutes(1));
            await PassUntilAsync(
                time, () => Controller(rig).BusyWorkers().All(worker => worker.For < TimeSpan.FromMinutes(1)), "a run ends although nobody answers");
            await PassUntilAsync(time, () => rig.Paths.Count > before, "it tries on");
            var live = await CheckAsync(rig, "live");
            Assert.True(live.Status == HealthStatus.Healthy, live.Description);
            var ready = await CheckAsync(rig, "ready");
            Assert.Equal(HealthStatus.Unhealthy, ready.Status);
            Assert.Matches(
                @"widgets\.example\.com: synced, but its watch is down, nothing heard for \d+ s \(ConnectionFailed, \d+ in a row: .*does not listen",
                ready.Description);
            Assert.Contains("configmaps: synced, but its watch is down", ready.Description);
        }

        CheckRate(rig, time.GetUtcNow() - downSince, elects);

        await rig.Server.StartListeningAsync(Cancelled);
        await PassUntilAsync(time, () => Children(rig, "2") == Widgets - 1, "what changed meanwhile is caught up with");
        await PassUntilAsync(time, async () => (await CheckAsync(rig, "ready")).Status == HealthStatus.Healthy, "the host is ready again");
        Assert.Null(rig.Host.Services.GetRequiredService<ILister<Widget>>().Get(new ObjectKey("default", "w0")));
        await rig.StopAsync();
    }

    // For each watch: 0.8 s, doubling to 30 s, and up to as much again. For each key: 5 ms, doubling to 5 minutes, and five requests within 30 s each
    // time.
    // For the election: one every 2 s.
    private static void CheckRate(OperatorRig rig, TimeSpan down, bool elects)
    {
        var leases = rig.Paths.Count(path => path.Contains("/leases", StringComparison.Ordinal));
        var watches = rig.Paths.Count(path =>
            path.StartsWith("GET", StringComparison.Ordinal) && !path.Contains("/leases", StringComparison.Ordinal));
        var writes = rig.Paths.Count(IsWrite);
        Assert.InRange(watches, 2 * (int)(down / TimeSpan.FromMinutes(1)), 2 * (7 + (int)(down / TimeSpan.FromSeconds(30))));
        Assert.InRange(writes, 1, Widgets * 5 * 18);
        Assert.InRange(leases, elects ? 1 : 0, elects ? (int)(down / TimeSpan.FromSeconds(2)) + 10 : 0);
        Assert.Equal(rig.Paths.Count, watches + leases + writes);
    }

    private static bool IsWrite(string path) => path.StartsWith("PATCH", StringComparison.Ordinal);

    private static async ValueTask<ReconcileResult> ApplyChildAsync(ReconcileContext<Widget> context, CancellationToken cancellationToken)
    {
        if (context.Object is { } widget)
        {
            await context.Client.ApplyAsync(
                new V1ConfigMap
                {
                    Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = context.Key.Name },
                    Data = new Dictionary<string, string> { ["size"] = $"{widget.Spec!.Size}" },
                },
                cancellationToken: cancellationToken);
        }

        return ReconcileResult.Done;
    }

    private static Controller<Widget> Controller(OperatorRig rig) =>
        rig.Host.Services.GetRequiredService<ControllerHost>().Controllers.OfType<Controller<Widget>>().Single();

    private static void Put(OperatorRig rig, string name, int size) => rig.Server.Storage.Put(new JsonObject
    {
        ["apiVersion"] = "example.com/v1",
        ["kind"] = "Widget",
        ["metadata"] = new JsonObject { ["namespace"] = "default", ["name"] = name },
        ["spec"] = new JsonObject { ["size"] = size },
    });

    private static int Children(OperatorRig rig, string size) =>
        rig.Server.Storage.List("configmaps", "default").Count(child => (string?)child["data"]?["size"] == size);

    private static async Task<HealthReportEntry> CheckAsync(OperatorRig rig, string check) => (await rig.HealthAsync()).Entries[$"crmonitor-{check}"];

    // It takes less than a thread's turn: workers that have not gone on by then may not have had the processor yet.
    private static async Task PassAsync(FakeTimeProvider time, TimeSpan passed)
    {
        for (var i = 0; i < passed / Step; i++)
        {
            time.Advance(Step);
            await Task.Yield();
        }
    }

    private static Task PassUntilAsync(FakeTimeProvider time, Func<bool> condition, string expectation) =>
        PassUntilAsync(time, () => ValueTask.FromResult(condition()), expectation);

    private static Task PassUntilAsync(FakeTimeProvider time, Func<ValueTask<bool>> condition, string expectation) =>
        Eventually.TrueAsync(time, 3 * Step, condition, expectation);
}
