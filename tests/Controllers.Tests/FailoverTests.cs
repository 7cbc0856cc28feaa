using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>Two copies of an operator, by the system's clock.</summary>
public sealed class FailoverTests
{
    private const string RealServer = "CRMONITOR_TEST_KUBECONFIG";

    [Fact]
    public async Task One_copy_works_and_the_other_stands_by_warm_and_takes_over_when_the_first_one_stops()
    {
        var firstRuns = new FakeReconciler();
        var secondRuns = new FakeReconciler();
        await using var first = await OperatorRig.CreateAsync(firstRuns, options: Elect);
        await first.Host.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Leadership(first).IsLeader, "the first copy leads");
        await using var second = await OperatorRig.CreateAsync(secondRuns, options: Elect, beside: first.Server);
        await second.Host.StartAsync(TestContext.Current.CancellationToken);
        await second.ReadyAsync();
        await Eventually.TrueAsync(() => Leadership(second).Holder == Leadership(first).Term!.Identity, "the second copy has seen the leader");

        await first.Client.CreateAsync(Widget(version: null!), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(0, (await firstRuns.NextAsync()).Leadership!.Number);
        var lister = second.Host.Services.GetRequiredService<ILister<Widget>>();
        await Eventually.TrueAsync(() => lister.Get(Key) is not null, "the standby sees it");
        Assert.Equal(0, secondRuns.Count);
        Assert.Contains(
            (await second.HealthAsync()).Entries["crmonitor-ready"].Data,
            state => state.Key == "lease default/tests" && ((string)state.Value).StartsWith("stands by"));
        Assert.All((await second.HealthAsync()).Entries.Values, entry => Assert.Equal(HealthStatus.Healthy, entry.Status));

        first.Server.Requests.Clear();
        await first.Host.StopAsync(TestContext.Current.CancellationToken);

        // Reference: case 96. Workers first, then the lease; only then can the other copy begin.
        var lines = first.Log.Lines.Select(line => line.Text).ToList();
        var stopped = lines.FindIndex(line => line.StartsWith("Controller widget stopped", StringComparison.Ordinal));
        var released = lines.FindIndex(line => line.EndsWith("has given the lease default/tests back", StringComparison.Ordinal));
        Assert.InRange(stopped, 0, released);

        var run = await secondRuns.NextAsync();
        Assert.Equal((Key, 1L), (run.Key, run.Leadership!.Number));
        // A list is a watch here, too, which begins with what there is.
        Assert.DoesNotContain(first.Server.Requests.Latest(), request => request is { Resource: "widgets", Verb: "list" or "watch" });
    }

    [Fact]
    public async Task A_reconcile_that_does_not_heed_the_stop_keeps_the_lease_from_being_given_back()
    {
        var release = new TaskCompletionSource<ReconcileResult>();
        var reconciler = new FakeReconciler((_, _) => new ValueTask<ReconcileResult>(release.Task));
        await using var rig = await OperatorRig.CreateAsync(reconciler, options: options =>
        {
            Elect(options);
            options.ShutdownGracePeriod = TimeSpan.FromMilliseconds(50);
        });
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        await rig.Client.CreateAsync(Widget(version: null!), cancellationToken: TestContext.Current.CancellationToken);
        await reconciler.NextAsync();

        await rig.Host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Contains(rig.Log.Lines, line => line.Text.Contains("The lease default/tests was not given back", StringComparison.Ordinal));
        release.SetResult(ReconcileResult.Done);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lease_goes_from_one_candidate_to_the_next_on_the_embedded_and_on_a_real_server(bool real)
    {
        var kubeConfig = Environment.GetEnvironmentVariable(RealServer);
        Assert.SkipWhen(real && string.IsNullOrEmpty(kubeConfig), $"{RealServer} does not name the kubeconfig of a real API server.");
        await using var embedded = real ? null : await ApiServer.EmbeddedApiServer.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using var handler = embedded?.CreateHandler();
        IKubeTransport transport = handler is null
            ? new KubernetesTransport(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeConfig))
            : new HttpMessageHandlerTransport(new Uri("http://server"), handler);
        using var disposed = (IDisposable)transport;
        using var instruments = new ControllerInstruments(null);
        var name = $"t-{Guid.NewGuid():N}";
        using var first = Elector("first");
        using var second = Elector("second");

        first.Start();
        Assert.Equal(0, (await first.WaitAsync(TestContext.Current.CancellationToken))!.Number);
        second.Start();
        await Eventually.TrueAsync(() => second.Holder == "first", "the second sees the first");
        await first.StopAsync(release: true, TimeSpan.FromSeconds(5));

        Assert.Equal(1, (await second.WaitAsync(TestContext.Current.CancellationToken))!.Number);

        // The second is lost without a word; its lease expires.
        await second.StopAsync(release: false, TimeSpan.FromSeconds(5));
        using var third = Elector("third");
        third.Start();
        Assert.Equal(2, (await third.WaitAsync(TestContext.Current.CancellationToken))!.Number);
        await third.StopAsync(release: true, TimeSpan.FromSeconds(5));
        await new RestClient(transport).SendAsync(
            new KubeRequest { Method = HttpMethod.Delete, Path = $"/apis/coordination.k8s.io/v1/namespaces/default/leases/{name}" },
            TestContext.Current.CancellationToken);

        LeaderElector Elector(string identity) => new(
            transport,
            new LeaderElectionOptions
            {
                LeaseName = name,
                LeaseNamespace = "default",
                Identity = identity,
                LeaseDuration = TimeSpan.FromSeconds(6),
                RenewDeadline = TimeSpan.FromSeconds(5),
                RetryPeriod = TimeSpan.FromSeconds(0.1),
            },
            instruments,
            TimeProvider.System,
            new Random(1),
            NullLogger.Instance);
    }

    private static ILeadership Leadership(OperatorRig rig) => rig.Host.Services.GetRequiredService<ILeadership>();

    private static void Elect(CrMonitorOptions options) => options.LeaderElection = new LeaderElectionOptions
    {
        LeaseNamespace = "default",
        RetryPeriod = TimeSpan.FromMilliseconds(50),
    };
}
