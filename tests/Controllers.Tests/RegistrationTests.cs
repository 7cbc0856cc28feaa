using CrMonitor.Informers;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CrMonitor.Controllers.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public void Two_controllers_of_one_name_are_refused_with_the_remedy()
    {
        var builder = new ServiceCollection().AddCrMonitor().AddController<Reconciler, Widget>();

        var failure = Assert.Throws<InvalidOperationException>(() => builder.AddController<Reconciler, Widget>());

        Assert.Contains("two controllers named 'widget'", failure.Message);
        Assert.Contains("Named(...)", failure.Message);
        builder.AddController<Reconciler, Widget>(controller => controller.Named("second"));
    }

    [Fact]
    public async Task Controllers_of_one_kind_share_one_informer_and_its_lister_is_a_service()
    {
        await using var server = new StubTransport();
        await using var services = new ServiceCollection()
            .AddCrMonitor(options => options.JsonContexts.Add(TestJson.Default))
            .AddController<Reconciler, Widget>(controller => controller.Owns<V1Deployment>())
            .AddController<Reconciler, Widget>(controller => controller.Named("second"))
            .Services.AddSingleton<IKubeTransport>(server).BuildServiceProvider();
        foreach (var registration in services.GetServices<Registration>())
        {
            registration.Create(services)?.Dispose();
        }

        Assert.Equal(2, services.GetRequiredService<HostInformers>().All.Count);
        Assert.Same(services.GetRequiredService<ISharedInformer<Widget>>().Lister, services.GetRequiredService<ILister<Widget>>());
        Assert.NotNull(services.GetRequiredService<ILister<V1Deployment>>());
    }

    [Fact]
    public async Task A_kind_without_a_contract_fails_the_start_with_the_remedy()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "tests" });
        builder.Services.AddCrMonitor().AddController<Reconciler, Widget>();
        await using var server = new StubTransport();
        builder.Services.AddSingleton<IKubeTransport>(server);
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("No JSON contract is known for Widget", failure.Message);
    }

    [Fact]
    public async Task A_cluster_scoped_kind_within_namespaces_fails_the_start_with_the_remedy()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "tests" });
        builder.Services
            .AddCrMonitor(options =>
            {
                options.JsonContexts.Add(TestJson.Default);
                options.Namespaces.Add("default");
            })
            .AddController<Reconciler, Widget>(controller => controller.ClusterScoped());
        await using var server = new StubTransport();
        builder.Services.AddSingleton<IKubeTransport>(server);
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("Leave Namespaces empty", failure.Message);
    }

    [Fact]
    public async Task An_index_that_two_controllers_of_a_kind_declare_fails_the_start_by_its_name()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "tests" });
        builder.Services
            .AddCrMonitor(options => options.JsonContexts.Add(TestJson.Default))
            .AddController<Reconciler, Widget>(controller => controller.Index("color", _ => []))
            .AddController<Reconciler, Widget>(controller => controller.Named("second").Index("color", _ => []));
        await using var server = new StubTransport();
        builder.Services.AddSingleton<IKubeTransport>(server);
        using var host = builder.Build();

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("color", failure.Message);
    }

    [Fact]
    public void Options_that_cannot_work_are_refused_by_name()
    {
        using var services = new ServiceCollection()
            .AddCrMonitor(options =>
            {
                options.FieldManager = new string('x', 129);
                options.Namespaces.Add("");
                options.ShutdownGracePeriod = TimeSpan.FromSeconds(-1);
                options.StuckAfter = TimeSpan.Zero;
            })
            .Services.BuildServiceProvider();

        var failure = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<CrMonitorOptions>>().Value);

        foreach (var option in new[] { "FieldManager", "ReportingController", "Namespaces", "ShutdownGracePeriod", "StuckAfter" })
        {
            Assert.Contains(failure.Failures, mistake => mistake.StartsWith(option, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Times_that_no_timer_can_wait_for_are_refused_by_name()
    {
        using var services = new ServiceCollection()
            .AddCrMonitor(options =>
            {
                options.ShutdownGracePeriod = TimeSpan.MaxValue;
                options.StuckAfter = TimeSpan.FromDays(50);
                options.SyncTimeout = TimeSpan.MaxValue;
                options.LeaderElection = new LeaderElectionOptions
                {
                    LeaseName = "operator",
                    LeaseNamespace = "default",
                    LeaseDuration = TimeSpan.MaxValue,
                    RenewDeadline = TimeSpan.FromDays(60),
                };
            })
            .Services.BuildServiceProvider();

        var failure = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<CrMonitorOptions>>().Value);

        Assert.Equal(
            ["ShutdownGracePeriod", "StuckAfter", "SyncTimeout", "LeaderElection.LeaseDuration"],
            failure.Failures.Select(mistake => mistake.Split(' ')[0]));
        Assert.All(failure.Failures, mistake => Assert.Contains("44 days", mistake, StringComparison.Ordinal));
        var builder = new ControllerBuilder<Widget>(new CrMonitorBuilder(new ServiceCollection()));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Timeout(TimeSpan.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Resync(TimeSpan.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Retry(TimeSpan.FromSeconds(1), TimeSpan.FromDays(45)));
    }

    [Fact]
    public void Times_of_an_election_that_cannot_work_are_refused_by_name()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Election(new LeaderElectionOptions
        {
            LeaseName = "Not A Name",
            Identity = "",
            LeaseDuration = TimeSpan.FromSeconds(10),
            RenewDeadline = TimeSpan.FromSeconds(10),
            RetryPeriod = TimeSpan.FromSeconds(9),
        }));

        var mistakes = new[]
        {
            "LeaseName is", "LeaseNamespace is not set", "Identity", "RenewDeadline (00:00:10) must be shorter", "RenewDeadline (00:00:10) must be longer",
        };
        foreach (var option in mistakes)
        {
            Assert.Contains(failure.Failures, mistake => mistake.StartsWith($"LeaderElection.{option}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void An_election_needs_no_more_than_a_namespace_and_every_process_is_somebody_else()
    {
        var first = Election(new LeaderElectionOptions { LeaseNamespace = "default" });
        var second = Election(new LeaderElectionOptions { LeaseNamespace = "default" });

        Assert.Equal("widget-operator", first.LeaseName);
        Assert.StartsWith(Environment.MachineName, first.Identity, StringComparison.Ordinal);
        Assert.NotEqual(first.Identity, second.Identity);
    }

    [Fact]
    public void A_type_that_is_bound_to_two_resources_is_refused()
    {
        var options = new CrMonitorOptions();
        options.AddResource(Objects.Widgets);
        options.AddResource(Objects.Widgets);

        var other = new KubeResource<Widget>(new KubeResource("example.com", "v2", "widgets", "Widget"), TestJson.Default.Widget);

        Assert.Contains("example.com/v2 widgets", Assert.Throws<InvalidOperationException>(() => options.AddResource(other)).Message);
    }

    private static LeaderElectionOptions Election(LeaderElectionOptions election)
    {
        using var services = new ServiceCollection()
            .AddCrMonitor(options =>
            {
                options.FieldManager = "widget-operator";
                options.LeaderElection = election;
            })
            .Services.BuildServiceProvider();
        return services.GetRequiredService<IOptions<CrMonitorOptions>>().Value.LeaderElection!;
    }

    private sealed class Reconciler : IReconciler<Widget>
    {
        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Widget> context, CancellationToken cancellationToken) => new(ReconcileResult.Done);
    }

    private sealed class StubTransport : IKubeTransport, IAsyncDisposable
    {
        public Uri BaseUri => new("http://server");

        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("nobody is there");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
