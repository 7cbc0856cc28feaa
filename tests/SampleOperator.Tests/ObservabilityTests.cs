using CrMonitor.Tests;

namespace CrMonitor.SampleOperator.Tests;

[Collection(InProcess.Name)]
public sealed class ObservabilityTests : IAsyncLifetime
{
    private OperatorUnderTest _operator = null!;

    public async ValueTask InitializeAsync() => _operator = await OperatorUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _operator.DisposeAsync();

    [Fact]
    public async Task Exactly_one_phase_is_1_and_the_series_of_a_deleted_Application_disappear()
    {
        await _operator.Cluster.CreateApplicationAsync("web", replicas: 2);
        await _operator.Cluster.WaitForReadyAsync("web");

        // The operator's cache hears of its last status write a moment after the server has it.
        await Eventually.TrueAsync(
            async () =>
                (await _operator.ScrapeAsync()).Value("application_phase", ("namespace", "default"), ("name", "web"), ("phase", "Running")) == 1,
            "the phase is Running");
        var metrics = await _operator.ScrapeAsync();
        foreach (var phase in new[] { "Pending", "Failed", "Terminating" })
        {
            Assert.Equal(0, metrics.Value("application_phase", ("name", "web"), ("phase", phase)));
        }

        Assert.Equal(2, metrics.Value("application_observed_replicas", ("namespace", "default"), ("name", "web")));

        await _operator.Cluster.DeleteAsync(ClusterClient.ApplicationPath("web"));
        await Eventually.TrueAsync(
            async () => !(await _operator.ScrapeAsync()).Text.Contains("name=\"web\"", StringComparison.Ordinal), "no series names the deleted Application");
    }

    [Fact]
    public async Task Metrics_have_the_names_that_dashboards_know()
    {
        await _operator.Cluster.CreateApplicationAsync("web", replicas: 1);
        await _operator.Cluster.WaitForReadyAsync("web");

        var metrics = await _operator.ScrapeAsync();

        Assert.True(metrics.Value("application_controller_reconcile_total") > 0);
        Assert.Equal(0, metrics.Value("application_controller_reconcile_errors_total"));
        Assert.True(metrics.Value("application_controller_reconcile_duration_seconds_count") > 0);
        Assert.True(metrics.Value("application_controller_reconcile_duration_seconds_sum") > 0);
        Assert.True(metrics.Value("application_controller_reconcile_duration_seconds_bucket", ("le", "30")) > 0);
        Assert.True(metrics.Value("controller_runtime_reconcile_total", ("controller", "application"), ("result", "success")) > 0);
        Assert.True(metrics.Value("workqueue_adds_total", ("name", "application")) > 0);
        Assert.NotNull(metrics.Value("workqueue_depth", ("name", "application"), ("priority", "0")));
        Assert.Contains("dotnet_gc_collections_total", metrics.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_answers_name_their_checks_and_can_leave_some_out()
    {
        using var client = new HttpClient { BaseAddress = _operator.Url };
        var cancellation = TestContext.Current.CancellationToken;

        Assert.Equal("ok", await client.GetStringAsync("/healthz", cancellation));
        Assert.Equal("ok", await client.GetStringAsync("/readyz", cancellation));
        var verbose = await client.GetStringAsync("/readyz?verbose", cancellation);
        Assert.Contains("[+]crmonitor-ready ok", verbose, StringComparison.Ordinal);
        Assert.Contains("informer applications.example.com: synced", verbose, StringComparison.Ordinal);
        Assert.Contains("informer deployments.apps: synced", verbose, StringComparison.Ordinal);
        Assert.EndsWith("readyz check passed\n", verbose, StringComparison.Ordinal);
        Assert.Contains(
            "[+]crmonitor-ready excluded: ok",
            await client.GetStringAsync("/readyz?verbose&exclude=crmonitor-ready", cancellation),
            StringComparison.Ordinal);
        Assert.Contains(
            "nothing to exclude: there is no check nonsense",
            await client.GetStringAsync("/readyz?verbose&exclude=nonsense", cancellation),
            StringComparison.Ordinal);

        using var other = await client.GetAsync("/nothing-here", cancellation);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, other.StatusCode);
    }
}
