using CrMonitor.Informers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CrMonitor.Controllers.Tests;

public sealed class ConfigurationTests
{
    [Fact]
    public void The_configuration_goes_before_the_code_whatever_the_case_of_its_names()
    {
        using var host = Build(
            new()
            {
                ["CrMonitor:Namespaces:0"] = "a",
                ["CrMonitor:Namespaces:1"] = "b",
                ["crmonitor:FIELDMANAGER"] = "configured",
                ["CrMonitor:StuckAfter"] = "00:01:00",
                ["CrMonitor:SyncTimeout"] = "00:00:10",
                ["CrMonitor:LeaderElection:LeaseNamespace"] = "system",
                ["CrMonitor:LeaderElection:LeaseDuration"] = "00:00:30",
                ["CrMonitor:LeaderElection:ReleaseOnStop"] = "false",
            },
            options: options => options.FieldManager = "coded");

        var options = host.Services.GetRequiredService<IOptions<CrMonitorOptions>>().Value;

        Assert.Equal(["a", "b"], options.Namespaces);
        Assert.Equal(("configured", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10)), (options.FieldManager, options.StuckAfter, options.SyncTimeout));
        var election = options.LeaderElection!;
        Assert.Equal(("system", "configured", TimeSpan.FromSeconds(30), false), (election.LeaseNamespace, election.LeaseName, election.LeaseDuration, election.ReleaseOnStop));
    }

    [Fact]
    public void An_election_can_be_switched_off()
    {
        using var host = Build(
            new() { ["CrMonitor:LeaderElection:Enabled"] = "false" }, options => options.LeaderElection = new LeaderElectionOptions { LeaseNamespace = "x" });

        Assert.Null(host.Services.GetRequiredService<IOptions<CrMonitorOptions>>().Value.LeaderElection);
        Assert.IsType<UncontestedLeadership>(host.Services.GetRequiredService<ILeadership>());
    }

    [Fact]
    public void Each_controller_is_configured_by_its_name()
    {
        using var host = Build(new()
        {
            ["CrMonitor:Controllers:widget:Concurrency"] = "7",
            ["CrMonitor:Controllers:widget:Order"] = "fairByNamespace",
            ["CrMonitor:Controllers:widget:Timeout"] = "00:00:20",
            ["CrMonitor:Controllers:widget:Resync"] = "01:00:00",
            ["CrMonitor:Controllers:widget:Retry:First"] = "00:00:01",
            ["CrMonitor:Controllers:widget:Retry:Longest"] = "00:00:04",
        });
        var settings = new ControllerBuilder<Widget>(new CrMonitorBuilder(new ServiceCollection()));

        host.Services.GetRequiredService<CrMonitorConfiguration>().Apply("widget", settings);

        Assert.Equal((7, ReconcileOrder.FairByNamespace), (settings.Workers, settings.ReconcileOrder));
        Assert.Equal((TimeSpan.FromSeconds(20), TimeSpan.FromHours(1)), (settings.ReconcileTimeout, settings.ResyncPeriod));
        var limiter = settings.Limiter(TimeProvider.System);
        Assert.Equal([1, 2, 4, 4], Enumerable.Range(0, 4).Select(_ => (int)limiter.When(Objects.Key).TotalSeconds));
        using var controller = (IDisposable)host.Services.GetServices<Registration>().Select(registration => registration.Create(host.Services)).OfType<Controller>().Single();
        Assert.Equal(7, ((Controller)controller).Concurrency);
    }

    [Theory]
    [InlineData("CrMonitor:Namespace", "a", "CrMonitor:Namespace is not a setting. There are: Namespaces, FieldManager,")]
    [InlineData("CrMonitor:StuckAfter", "soon", "CrMonitor:StuckAfter is 'soon'. Expected a time such as 00:00:30.")]
    [InlineData("CrMonitor:LeaderElection:Enabled", "perhaps", "CrMonitor:LeaderElection:Enabled is 'perhaps'. Expected true or false.")]
    [InlineData("CrMonitor:LeaderElection:Lease", "x", "CrMonitor:LeaderElection:Lease is not a setting. There are: Enabled, LeaseName,")]
    [InlineData("CrMonitor:Controllers:gadget:Concurrency", "2", "CrMonitor:Controllers:gadget: there is no controller of that name. There are: widget.")]
    [InlineData("CrMonitor:Controllers:widget:Concurrency", "0", "CrMonitor:Controllers:widget:Concurrency is '0'. Expected a number from 1.")]
    [InlineData("CrMonitor:Controllers:widget:Order", "random", "CrMonitor:Controllers:widget:Order is 'random'. Expected one of Arrival, Priority, FairByNamespace.")]
    [InlineData("CrMonitor:Controllers:widget:Resync", "00:00:00.5", "CrMonitor:Controllers:widget:Resync is '00:00:00.5'. Expected a time of a second or more")]
    [InlineData("CrMonitor:Controllers:widget:Retry:First", "00:00:01", "CrMonitor:Controllers:widget:Retry: name both First and Longest")]
    [InlineData("CrMonitor:Controllers:widget:Retries", "3", "CrMonitor:Controllers:widget:Retries is not a setting. There are: Concurrency, Order,")]
    public async Task A_mistake_in_the_configuration_fails_the_start_and_is_named(string key, string value, string message)
    {
        using var host = Build(new() { [key] = value });

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith(message, Assert.Single(failure.Failures), StringComparison.Ordinal);
    }

    private static IHost Build(Dictionary<string, string?> configuration, Action<CrMonitorOptions>? options = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "tests" });
        builder.Configuration.AddInMemoryCollection(configuration);
        builder.Services.AddSingleton<IKubeTransport>(new NoServer());
        builder.Services
            .AddCrMonitor(o =>
            {
                o.JsonContexts.Add(TestJson.Default);
                options?.Invoke(o);
            })
            .AddController<Reconciler, Widget>();
        return builder.Build();
    }

    private sealed class Reconciler : IReconciler<Widget>
    {
        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Widget> context, CancellationToken cancellationToken) => new(ReconcileResult.Done);
    }

    private sealed class NoServer : IKubeTransport
    {
        public Uri BaseUri => new("http://server");

        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("nobody is there");
    }
}
