using System.Text;
using CrMonitor.Informers;
using k8s.Models;
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
            new Dictionary<string, string?>
            {
                ["CrMonitor:Namespaces:0"] = "a",
                ["CrMonitor:Namespaces:1"] = "b",
                ["crmonitor:FIELDMANAGER"] = "configured",
                ["CrMonitor:StuckAfter"] = "00:01:00",
                ["CrMonitor:SyncTimeout"] = "00:00:10",
                ["CrMonitor:ShutdownGracePeriod"] = "-00:00:00.001",
                ["CrMonitor:LeaderElection:LeaseNamespace"] = "system",
                ["CrMonitor:LeaderElection:LeaseDuration"] = "00:00:30",
                ["CrMonitor:LeaderElection:ReleaseOnStop"] = "false",
            },
            options: options => options.FieldManager = "coded");

        var options = host.Services.GetRequiredService<IOptions<CrMonitorOptions>>().Value;

        Assert.Equal(["a", "b"], options.Namespaces);
        Assert.Equal(("configured", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10)), (options.FieldManager, options.StuckAfter, options.SyncTimeout));
        Assert.Equal(Timeout.InfiniteTimeSpan, options.ShutdownGracePeriod);
        var election = options.LeaderElection!;
        Assert.Equal(("system", "configured", TimeSpan.FromSeconds(30), false), (election.LeaseNamespace, election.LeaseName, election.LeaseDuration, election.ReleaseOnStop));
    }

    [Theory]
    [InlineData("CrMonitor:LeaderElection:Enabled")]
    [InlineData("CrMonitor:LeaderElection")]
    public void An_election_can_be_switched_off(string setting)
    {
        using var host = Build(
            new Dictionary<string, string?> { [setting] = "false" }, options => options.LeaderElection = new LeaderElectionOptions { LeaseNamespace = "x" });

        Assert.Null(host.Services.GetRequiredService<IOptions<CrMonitorOptions>>().Value.LeaderElection);
        Assert.IsType<UncontestedLeadership>(host.Services.GetRequiredService<ILeadership>());
    }

    [Fact]
    public void Each_controller_is_configured_by_its_name()
    {
        using var host = Build(new Dictionary<string, string?>
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

    [Fact]
    public void What_a_cache_holds_is_configured_by_the_name_of_its_resource_and_goes_before_what_the_code_says_of_the_kind()
    {
        using var host = Build(
            """
            {
              "CrMonitor": {
                "Namespaces": ["a", "b"],
                "Selectors": { "LabelSelector": "from=host" },
                "SelectorsByNamespace": { "b": { "FieldSelector": "metadata.name!=b" } },
                "Caches": {
                  "Widgets.example.com": {
                    "LabelSelector": "app in (web,api)",
                    "FieldSelector": "metadata.name!=x\\,y,metadata.namespace=a",
                    "ByNamespace": { "b": { "LabelSelector": "" } }
                  },
                  "secrets": { "Namespaces": [], "FieldSelector": null }
                }
              }
            }
            """,
            options =>
            {
                options.Cache<Widget>(new CacheScope { Namespaces = ["a", "b", "c"], LabelSelector = LabelSelector.Parse("from=code") });
                options.Cache<V1Secret>(new CacheScope { Namespaces = ["c"], FieldSelector = "type=Opaque" });
            });

        var options = host.Services.GetRequiredService<IOptions<CrMonitorOptions>>().Value;

        // What the configuration does not say of the kind is as the code has it.
        var widgets = options.ScopeOf<Widget>();
        Assert.Equal(["a", "b", "c"], widgets.Namespaces);
        var web = LabelSelector.Parse("app in (web,api)");
        const string Fields = "metadata.name!=x\\,y,metadata.namespace=a";
        Assert.Equal(
            new InformerScope
            {
                Namespaces = ["a", "b", "c"],
                LabelSelector = web,
                FieldSelector = Fields,
                ByNamespace = new Dictionary<string, ScopeSelectors> { ["b"] = new() { LabelSelector = LabelSelector.Everything } },
            },
            widgets);
        Assert.Equal(new InformerScope { LabelSelector = LabelSelector.Parse("from=host"), FieldSelector = "type=Opaque" }, options.ScopeOf<V1Secret>());
        Assert.Equal(
            new InformerScope
            {
                Namespaces = ["a", "b"],
                LabelSelector = LabelSelector.Parse("from=host"),
                ByNamespace = new Dictionary<string, ScopeSelectors> { ["b"] = new() { FieldSelector = "metadata.name!=b" } },
            },
            options.ScopeOf<V1ConfigMap>());

        // A controller's own word goes before both; then there may be no namespace that the configured selectors are for.
        Assert.Equal(
            new InformerScope { Namespaces = ["z"], LabelSelector = web, FieldSelector = Fields }, options.ScopeOf<Widget>(new CacheScope { Namespaces = ["z"] }));

        // A type that stands for no resource yet has no word of its own.
        Assert.Equal(["a", "b"], options.ScopeOf<DynamicObject>().Namespaces);
    }

    [Fact]
    public async Task A_configured_cache_asks_the_server_for_no_more_than_it_holds()
    {
        var server = new NoServer();
        using var host = Build(
            """{"CrMonitor": {"Caches": {"widgets.example.com": {"Namespaces": ["a"], "LabelSelector": "app=web"}}}}""", server: server);

        await host.StartAsync(TestContext.Current.CancellationToken);

        var asked = await server.Asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("/apis/example.com/v1/namespaces/a/widgets?", asked, StringComparison.Ordinal);
        Assert.Contains("labelSelector=app%3Dweb", asked, StringComparison.Ordinal);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("CrMonitor:Namespace", "a", "CrMonitor:Namespace is not a setting. There are: Namespaces, Selectors,")]
    [InlineData("CrMonitor:Namespaces", "a", "CrMonitor:Namespaces is 'a'. Expected a list: CrMonitor:Namespaces:0 for the first namespace.")]
    [InlineData("CrMonitor:Namespaces:0", "", "CrMonitor:Namespaces has an empty name in it. Leave the list empty")]
    [InlineData("CrMonitor:Selectors", "app=web", "CrMonitor:Selectors is 'app=web'. Expected settings under it, such as CrMonitor:Selectors:LabelSelector.")]
    [InlineData("CrMonitor:Selectors:Labels", "app=web", "CrMonitor:Selectors:Labels is not a setting. There are: LabelSelector, FieldSelector.")]
    [InlineData("CrMonitor:SelectorsByNamespace:a:LabelSelector", "app in web", "CrMonitor:SelectorsByNamespace:a:LabelSelector is 'app in web'. Expected labels such as")]
    [InlineData("CrMonitor:Caches", "widgets", "CrMonitor:Caches is 'widgets'. Expected settings under it, such as CrMonitor:Caches:RESOURCE.")]
    [InlineData("CrMonitor:Caches:widget:LabelSelector", "a=b", "CrMonitor:Caches:widget: this host keeps no cache of such a resource. It keeps: widgets.example.com.")]
    [InlineData("CrMonitor:Caches:widgets.example.com:Labels", "a=b", "CrMonitor:Caches:widgets.example.com:Labels is not a setting. There are: Namespaces, LabelSelector,")]
    [InlineData("CrMonitor:Caches:widgets.example.com:FieldSelector", "type", "CrMonitor:Caches:widgets.example.com:FieldSelector is 'type'. Expected fields such as type=Opaque")]
    [InlineData("CrMonitor:Caches:widgets.example.com:Namespaces", "a", "CrMonitor:Caches:widgets.example.com:Namespaces is 'a'. Expected a list")]
    [InlineData("CrMonitor:Caches:widgets.example.com:ByNamespace:a:Fields", "a=b", "CrMonitor:Caches:widgets.example.com:ByNamespace:a:Fields is not a setting.")]
    [InlineData("CrMonitor:StuckAfter", "soon", "CrMonitor:StuckAfter is 'soon'. Expected a time such as 00:00:30.")]
    [InlineData("CrMonitor:LeaderElection:Enabled", "perhaps", "CrMonitor:LeaderElection:Enabled is 'perhaps'. Expected true or false.")]
    [InlineData("CrMonitor:LeaderElection", "perhaps", "CrMonitor:LeaderElection is 'perhaps'. Expected true, false, or settings of its own.")]
    [InlineData("CrMonitor:Controllers:widget", "8", "CrMonitor:Controllers:widget is '8'. Expected settings under it, such as CrMonitor:Controllers:widget:Concurrency.")]
    [InlineData("CrMonitor:Controllers:widget:Timeout", "60.00:00:00", "CrMonitor:Controllers:widget:Timeout is '60.00:00:00'. Expected a time such as 00:00:30, of 44 days at most.")]
    [InlineData("CrMonitor:LeaderElection:Lease", "x", "CrMonitor:LeaderElection:Lease is not a setting. There are: Enabled, LeaseName,")]
    [InlineData("CrMonitor:Controllers:gadget:Concurrency", "2", "CrMonitor:Controllers:gadget: there is no controller of that name. There are: widget.")]
    [InlineData("CrMonitor:Controllers:widget:Concurrency", "0", "CrMonitor:Controllers:widget:Concurrency is '0'. Expected a number from 1.")]
    [InlineData("CrMonitor:Controllers:widget:Order", "random", "CrMonitor:Controllers:widget:Order is 'random'. Expected one of Arrival, Priority, FairByNamespace.")]
    [InlineData("CrMonitor:Controllers:widget:Resync", "00:00:00.5", "CrMonitor:Controllers:widget:Resync is '00:00:00.5'. Expected a time of a second or more")]
    [InlineData("CrMonitor:Controllers:widget:Retry:First", "00:00:01", "CrMonitor:Controllers:widget:Retry: name both First and Longest")]
    [InlineData("CrMonitor:Controllers:widget:Retries", "3", "CrMonitor:Controllers:widget:Retries is not a setting. There are: Concurrency, Order,")]
    public async Task A_mistake_in_the_configuration_fails_the_start_and_is_named(string key, string value, string message)
    {
        using var host = Build(new Dictionary<string, string?> { [key] = value });

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith(message, Assert.Single(failure.Failures), StringComparison.Ordinal);
    }

    private static IHost Build(Dictionary<string, string?> configuration, Action<CrMonitorOptions>? options = null) =>
        Build(builder => builder.AddInMemoryCollection(configuration), options, new NoServer());

    private static IHost Build(string json, Action<CrMonitorOptions>? options = null, NoServer? server = null) =>
        Build(builder => builder.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))), options, server ?? new NoServer());

    private static IHost Build(Action<IConfigurationBuilder> configure, Action<CrMonitorOptions>? options, NoServer server)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "tests" });
        configure(builder.Configuration);
        builder.Services.AddSingleton<IKubeTransport>(server);
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
        public TaskCompletionSource<string> Asked { get; } = new();

        public Uri BaseUri => new("http://server");

        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.TrySetResult(request.RequestUri!.ToString());
            throw new HttpRequestException("nobody is there");
        }
    }
}
