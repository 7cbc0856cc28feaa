using CrMonitor.Informers;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class RegistrationTests
{
    private static readonly KubeResource Gadgets = new("example.com", "v1", "gadgets", "Gadget");

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
        services.GetRequiredService<HostInformers>().KeepRegistered();
        foreach (var registration in services.GetServices<Registration>())
        {
            registration.Create(services).Dispose();
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
    public async Task A_type_that_stands_for_any_resource_and_names_none_fails_the_start_with_the_remedy()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "tests" });
        var crMonitor = builder.Services
            .AddCrMonitor(options => options.JsonContexts.Add(TestJson.Default))
            .AddController<Reconciler, Widget>(controller => controller.Owns<PartialObjectMetadata>());
        await using var server = new StubTransport();
        builder.Services.AddSingleton<IKubeTransport>(server);
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        var unnamed = Assert.Throws<InvalidOperationException>(() => crMonitor.AddController<AnyReconciler, DynamicObject>());

        Assert.Contains("Name the one that is meant by PartialObjectMetadata.Of(resource): to For, Owns,", failure.Message);
        Assert.Contains("Name the one that is meant by DynamicObject.Of(resource): to For, Owns,", unnamed.Message);
    }

    [Fact]
    public async Task Caches_of_several_resources_in_one_form_are_services_by_their_names_and_not_without()
    {
        await using var server = new StubTransport();
        var crMonitor = new ServiceCollection().AddCrMonitor()
            .AddInformer(DynamicObject.Of(Widgets))
            .AddController<AnyReconciler, DynamicObject>(controller => controller.For(DynamicObject.Of(Gadgets)))
            .AddInformer(PartialObjectMetadata.Of(Gadgets));
        await using var services = crMonitor.Services.AddSingleton<IKubeTransport>(server).BuildServiceProvider();

        var widgets = services.GetRequiredKeyedService<ISharedInformer<DynamicObject>>("widgets.example.com");
        var gadgets = services.GetRequiredKeyedService<ISharedInformer<DynamicObject>>("gadgets.example.com");
        var several = Assert.Throws<InvalidOperationException>(services.GetRequiredService<ILister<DynamicObject>>);

        Assert.Equal(("widgets", "gadgets"), (widgets.Resource.Plural, gadgets.Resource.Plural));
        Assert.Same(gadgets.Lister, services.GetRequiredKeyedService<ILister<DynamicObject>>("gadgets.example.com"));
        Assert.Equal(
            "There are caches of DynamicObject for several resources: widgets.example.com (example.com/v1), gadgets.example.com (example.com/v1). "
            + "Ask for one by its name: [FromKeyedServices(\"widgets.example.com\")], "
            + "or GetRequiredKeyedService<ILister<DynamicObject>>(\"widgets.example.com\").",
            several.Message);
        Assert.Same(
            services.GetRequiredService<ISharedInformer<PartialObjectMetadata>>(),
            services.GetRequiredKeyedService<ISharedInformer<PartialObjectMetadata>>("gadgets.example.com"));
    }

    [Fact]
    public async Task What_the_configuration_says_of_a_resource_is_for_its_dynamic_cache_too_and_for_no_other()
    {
        await using var server = new StubTransport();
        await using var services = new ServiceCollection()
            .AddCrMonitor(options => options.ConfiguredCaches["gadgets.example.com"] = new CacheScope { Namespaces = ["a"] })
            .AddInformer(DynamicObject.Of(Widgets))
            .AddInformer(DynamicObject.Of(Gadgets))
            .Services.AddSingleton<IKubeTransport>(server).BuildServiceProvider();

        Assert.Same(InformerScope.All, services.GetRequiredKeyedService<ISharedInformer<DynamicObject>>("widgets.example.com").Scope);
        Assert.Equal(["a"], services.GetRequiredKeyedService<ISharedInformer<DynamicObject>>("gadgets.example.com").Scope.Namespaces);
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
    public void A_grace_time_may_be_without_limit()
    {
        using var services = new ServiceCollection()
            .AddCrMonitor(options =>
            {
                options.FieldManager = "tests";
                options.ShutdownGracePeriod = Timeout.InfiniteTimeSpan;
            })
            .Services.BuildServiceProvider();

        Assert.Equal(Timeout.InfiniteTimeSpan, services.GetRequiredService<IOptions<CrMonitorOptions>>().Value.ShutdownGracePeriod);
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
        options.AddResource(Widgets);
        options.AddResource(Widgets);

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

    private sealed class AnyReconciler : IReconciler<DynamicObject>
    {
        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<DynamicObject> context, CancellationToken cancellationToken) =>
            new(ReconcileResult.Done);
    }

    private sealed class StubTransport : IKubeTransport, IAsyncDisposable
    {
        public Uri BaseUri => new("http://server");

        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("nobody is there");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
