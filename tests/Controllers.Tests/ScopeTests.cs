using CrMonitor.Informers;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>Controllers and caches that hold some objects of a kind, and what the client reads then.</summary>
public sealed class ScopeTests
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;
    private static readonly LabelSelector Web = LabelSelector.Parse("app=web");
    private static readonly CacheScope WebOnly = new() { LabelSelector = Web };

    // Case 93.
    [Fact]
    public void What_is_said_of_a_namespace_of_the_kind_goes_before_the_kind_the_namespace_and_the_host()
    {
        var options = new CrMonitorOptions
        {
            Selectors = new ScopeSelectors { LabelSelector = LabelSelector.Parse("from=host"), FieldSelector = "metadata.name!=host" },
        };
        options.Namespaces.Add("default");
        options.SelectorsByNamespace.Add("a", new ScopeSelectors { LabelSelector = LabelSelector.Parse("from=host-a") });
        options.SelectorsByNamespace.Add("b", new ScopeSelectors { LabelSelector = LabelSelector.Parse("from=host-b") });
        options.Cache<Widget>(new CacheScope
        {
            Namespaces = ["a", "b", "c"],
            FieldSelector = "metadata.name!=kind",
            ByNamespace = new Dictionary<string, ScopeSelectors>
            {
                ["a"] = new() { LabelSelector = LabelSelector.Parse("from=kind-a") },
                ["c"] = new() { FieldSelector = "" },
            },
        });
        options.Cache<V1Secret>(WebOnly);

        var widgets = options.ScopeOf<Widget>();
        Assert.Equal(["a", "b", "c"], widgets.Namespaces);
        Assert.Equal(("from=kind-a", "metadata.name!=kind"), Selectors(widgets, "a"));
        Assert.Equal(("from=host-b", "metadata.name!=kind"), Selectors(widgets, "b"));
        Assert.Equal(("from=host", ""), Selectors(widgets, "c"));

        Assert.Equal(
            new InformerScope { Namespaces = ["default"], LabelSelector = Web, FieldSelector = "metadata.name!=host" }, options.ScopeOf<V1Secret>());

        // A controller's own word goes before all of them, and an empty one is one.
        Assert.Same(
            InformerScope.All,
            options.ScopeOf<V1Secret>(new CacheScope { Namespaces = [], LabelSelector = LabelSelector.Everything, FieldSelector = "" }));
    }

    [Fact]
    public void What_a_cache_holds_is_said_once()
    {
        var options = new CrMonitorOptions();
        options.Cache<Widget>(WebOnly);

        Assert.Contains("Widget hold is said twice", Assert.Throws<InvalidOperationException>(() => options.Cache<Widget>()).Message);
    }

    [Fact]
    public async Task A_controller_runs_for_the_objects_of_its_scope_and_learns_when_its_own_write_takes_one_out()
    {
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            if (context.Object is { Spec.Size: 2 })
            {
                await context.Client.PatchAsync<Widget>(context.Key, Labels("""{"app":"api"}"""), cancellationToken: cancellationToken);
                Assert.Null(await context.Client.Within<Widget>(WebOnly).GetAsync<Widget>(context.Key, cancellationToken));
            }

            return ReconcileResult.Done;
        });
        await using var rig = await OperatorRig.CreateAsync(reconciler, controller => controller.For(scope: WebOnly));
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        var lister = rig.Host.Services.GetRequiredService<ILister<Widget>>();

        await rig.Client.CreateAsync(Labelled("other", "api"), cancellationToken: Cancelled);
        await rig.Client.CreateAsync(Labelled("w", "web"), cancellationToken: Cancelled);
        Assert.Equal("w", (await reconciler.NextAsync()).Key.Name);

        await rig.Client.PatchAsync<Widget>(Key, KubePatch.Merge("""{"spec":{"size":2}}"""u8.ToArray()), cancellationToken: Cancelled);
        Assert.NotNull((await reconciler.NextAsync()).Object);
        Assert.Null((await reconciler.NextAsync()).Object);
        Assert.Equal(0, lister.Count);
        Assert.False(reconciler.HasNext);
        Assert.Equal(["app=web"], LabelSelectors(rig, "widgets"));
    }

    [Fact]
    public async Task Two_scopes_of_one_kind_are_two_caches_and_a_write_is_shown_in_both()
    {
        var web = new FakeReconciler();
        await using var rig = await OperatorRig.CreateAsync(web, controller => controller.For(scope: WebOnly));
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        var api = new FakeReconciler();
        var apiOnly = new CacheScope { LabelSelector = LabelSelector.Parse("app=api") };
        rig.Host.Services.GetRequiredService<IControllers>().Add(api, controller => controller.Named("api").For(scope: apiOnly));
        await rig.ReadyAsync();
        Assert.Equal(2, rig.Host.Services.GetRequiredService<HostInformers>().All.Count);
        rig.Server.Faults.FreezeWatches();

        await rig.Client.CreateAsync(Labelled("w", "web"), cancellationToken: Cancelled);
        Assert.NotNull((await web.NextAsync()).Object);
        await rig.Client.PatchAsync<Widget>(Key, Labels("""{"app":"api"}"""), cancellationToken: Cancelled);

        Assert.NotNull((await api.NextAsync()).Object);
        Assert.Null((await web.NextAsync()).Object);
        Assert.Null(await rig.Client.Within<Widget>(WebOnly).GetAsync<Widget>(Key, Cancelled));
        Assert.NotNull(await rig.Client.Within<Widget>(apiOnly).GetAsync<Widget>(Key, Cancelled));
        Assert.NotNull(await rig.Client.GetAsync<Widget>(Key, Cancelled));
        Assert.True(await rig.Client.DeleteAsync<Widget>(Key, cancellationToken: Cancelled));
        Assert.Empty(await rig.Client.ListAsync<Widget>(selector: LabelSelector.Parse("app=api"), cancellationToken: Cancelled));

        await rig.Host.Services.GetRequiredService<IControllers>().RemoveAsync("api");
        Assert.Single(rig.Host.Services.GetRequiredService<HostInformers>().All);
        await Assert.ThrowsAsync<OutsideOfCacheException>(() => rig.Client.ListAsync<Widget>(null, LabelSelector.Parse("app=api"), Cancelled));
    }

    [Fact]
    public async Task A_read_that_selected_objects_cannot_answer_fails_with_the_remedy_and_is_not_empty()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler(), options: options => options.Cache<Widget>(WebOnly));
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(Labelled("w", "web"), cancellationToken: Cancelled);
        await rig.Client.CreateAsync(Labelled("other", "api"), cancellationToken: Cancelled);
        var before = Reads(rig);

        Assert.NotNull(await rig.Client.GetAsync<Widget>(Key, Cancelled));
        Assert.Single(await rig.Client.ListAsync<Widget>("default", Web, Cancelled));
        Assert.Empty(await rig.Client.ListAsync<Widget>(null, LabelSelector.Parse("tier=1,app=web"), Cancelled));
        Assert.Empty(await rig.Client.ListAsync<Widget>(null, LabelSelector.Nothing, Cancelled));
        var get = await Assert.ThrowsAsync<OutsideOfCacheException>(() => rig.Client.GetAsync<Widget>(new ObjectKey("default", "other"), Cancelled));
        Assert.Equal(
            "Widget default/other is in no cache of this host, and may exist all the same: one cache holds all namespaces; labels app=web. "
            + "Ask the server by IKubeClient.Live, ask for what one cache holds by Within, "
            + "or let a cache hold more (CrMonitorOptions.Namespaces or Cache for Widget).",
            get.Message);
        var list = await Assert.ThrowsAsync<OutsideOfCacheException>(() => rig.Client.ListAsync<Widget>("default", cancellationToken: Cancelled));
        Assert.StartsWith(
            "No cache of this host holds all of widgets.example.com in namespace default: one cache holds all namespaces; labels app=web.",
            list.Message);
        await Assert.ThrowsAsync<OutsideOfCacheException>(
            () => rig.Client.ListAsync<Widget>(null, LabelSelector.Parse("app in (web,api)"), Cancelled));
        Assert.Equal(before, Reads(rig));

        Assert.NotNull(await rig.Client.Live.GetAsync<Widget>(new ObjectKey("default", "other"), Cancelled));
        Assert.Equal(2, (await rig.Client.Live.ListAsync<Widget>("default", cancellationToken: Cancelled)).Count);
        Assert.Null(await rig.Client.Within<Widget>(WebOnly).GetAsync<Widget>(new ObjectKey("default", "other"), Cancelled));
        Assert.Single(await rig.Client.Within<Widget>(WebOnly).ListAsync<Widget>("default", cancellationToken: Cancelled));
        Assert.Equal(2, (await rig.Client.Within<Widget>(WebOnly).Live.ListAsync<Widget>("default", cancellationToken: Cancelled)).Count);
        var none = await Assert.ThrowsAsync<InvalidOperationException>(
            () => rig.Client.Within<Widget>(new CacheScope { FieldSelector = "metadata.name=w" }).GetAsync<Widget>(Key, Cancelled));
        Assert.Contains("keeps no cache of widgets.example.com in all namespaces; labels app=web; fields metadata.name=w", none.Message);
    }

    [Fact]
    public async Task A_namespace_that_is_not_watched_is_an_error_and_all_namespaces_are_those_of_the_host()
    {
        await using var rig = await OperatorRig.CreateAsync(
            new FakeReconciler(),
            controller => controller.Owns<V1ConfigMap>(scope: new CacheScope { Namespaces = ["elsewhere"] }),
            options =>
            {
                options.Namespaces.Add("default");
                options.Namespaces.Add("team");
            });
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(Labelled("w", "web"), cancellationToken: Cancelled);
        var before = Reads(rig);

        Assert.Single(await rig.Client.ListAsync<Widget>(cancellationToken: Cancelled));
        Assert.Null(await rig.Client.GetAsync<Widget>(new ObjectKey("team", "w"), Cancelled));
        Assert.Empty(await rig.Client.ListAsync<Widget>("team", cancellationToken: Cancelled));
        var get = await Assert.ThrowsAsync<OutsideOfCacheException>(() => rig.Client.GetAsync<Widget>(new ObjectKey("elsewhere", "w"), Cancelled));
        Assert.StartsWith("Widget elsewhere/w is in no cache of this host, and may exist all the same: one cache holds default, team.", get.Message);
        await Assert.ThrowsAsync<OutsideOfCacheException>(() => rig.Client.ListAsync<Widget>("elsewhere", cancellationToken: Cancelled));

        // Of a kind that is cached elsewhere alone, the host's namespaces are not covered.
        Assert.Empty(await rig.Client.ListAsync<V1ConfigMap>("elsewhere", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<OutsideOfCacheException>(() => rig.Client.ListAsync<V1ConfigMap>(cancellationToken: Cancelled));
        var elsewhere = rig.Client.Within<V1ConfigMap>(new CacheScope { Namespaces = ["elsewhere"] });
        await Assert.ThrowsAsync<OutsideOfCacheException>(() => elsewhere.ListAsync<V1ConfigMap>("team", cancellationToken: Cancelled));
        Assert.Equal(before, Reads(rig));
    }

    [Fact]
    public async Task Before_its_cache_has_synced_a_list_asks_the_server_for_what_the_cache_will_hold()
    {
        await using var rig = await OperatorRig.CreateAsync(
            new FakeReconciler(),
            controller => controller.For(scope: new CacheScope
            {
                Namespaces = ["default", "team"],
                ByNamespace = new Dictionary<string, ScopeSelectors> { ["team"] = new() { LabelSelector = Web } },
            }),
            options => options.Namespaces.Add("default"));
        foreach (var ns in new[] { "team", "elsewhere" })
        {
            await rig.Client.CreateAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = ns } }, cancellationToken: Cancelled);
        }

        foreach (var ns in new[] { "default", "team", "elsewhere" })
        {
            await rig.Client.CreateAsync(Labelled("web", "web", ns), cancellationToken: Cancelled);
            await rig.Client.CreateAsync(Labelled("api", "api", ns), cancellationToken: Cancelled);
        }

        var early = await rig.Client.ListAsync<Widget>(cancellationToken: Cancelled);
        var earlyWeb = await rig.Client.ListAsync<Widget>(selector: Web, cancellationToken: Cancelled);
        await Assert.ThrowsAsync<OutsideOfCacheException>(() => rig.Client.ListAsync<Widget>("elsewhere", cancellationToken: Cancelled));
        Assert.DoesNotContain(rig.Paths, path => path.StartsWith("GET /apis/example.com/v1/widgets", StringComparison.Ordinal));

        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        Assert.Equal(["default/api", "default/web", "team/web"], Keys(early));
        Assert.Equal(["default/web", "team/web"], Keys(earlyWeb));
        Assert.Equal(Keys(early), Keys(await rig.Client.ListAsync<Widget>(cancellationToken: Cancelled)));
        Assert.Equal(Keys(earlyWeb), Keys(await rig.Client.ListAsync<Widget>(selector: Web, cancellationToken: Cancelled)));

        // Of a kind without a cache, all namespaces are all that the server has.
        Assert.Contains(await rig.Client.ListAsync<V1Namespace>(cancellationToken: Cancelled), found => found.Metadata.Name == "elsewhere");

        static IEnumerable<string> Keys(IEnumerable<Widget> widgets) => widgets.Select(widget => ObjectKey.Of(widget).ToString()).Order();
    }

    [Fact]
    public async Task What_one_cache_holds_is_asked_for_by_type()
    {
        await using var rig = await OperatorRig.CreateAsync(
            new FakeReconciler(),
            controller => controller.For(scope: WebOnly).Owns<V1ConfigMap>(scope: new CacheScope { Namespaces = ["team"] }));
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();

        var within = rig.Client.Within<Widget>(WebOnly).Within<V1ConfigMap>(new CacheScope { Namespaces = ["team"] });

        Assert.Empty(await within.ListAsync<Widget>(cancellationToken: Cancelled));
        Assert.Empty(await within.ListAsync<V1ConfigMap>(cancellationToken: Cancelled));
    }

    [Fact]
    public async Task Each_namespace_is_asked_for_with_its_own_selectors_and_own_writes_are_judged_by_them()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler(), options: options => options.Cache<Widget>(new CacheScope
        {
            Namespaces = ["default", "team"],
            LabelSelector = Web,
            ByNamespace = new Dictionary<string, ScopeSelectors> { ["team"] = new() { LabelSelector = LabelSelector.Parse("app=api") } },
        }));
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        await rig.Client.CreateAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = "team" } }, cancellationToken: Cancelled);
        rig.Server.Faults.FreezeWatches();

        foreach (var ns in new[] { "default", "team" })
        {
            await rig.Client.CreateAsync(Labelled("web", "web", ns), cancellationToken: Cancelled);
            await rig.Client.CreateAsync(Labelled("api", "api", ns), cancellationToken: Cancelled);
        }

        var lister = rig.Host.Services.GetRequiredService<ILister<Widget>>();
        Assert.Equal(["default/web", "team/api"], lister.List().Select(widget => ObjectKey.Of(widget).ToString()).Order());
        Assert.Equal(["app=api", "app=web"], LabelSelectors(rig, "widgets"));
        Assert.Single(await rig.Client.ListAsync<Widget>("team", LabelSelector.Parse("app=api"), Cancelled));
        await Assert.ThrowsAsync<OutsideOfCacheException>(() => rig.Client.ListAsync<Widget>("team", Web, Cancelled));
    }

    [Fact]
    public async Task Owned_objects_of_a_scope_wake_their_owner_and_others_do_not()
    {
        var reconciler = new FakeReconciler();
        await using var rig = await OperatorRig.CreateAsync(reconciler, controller => controller.Owns<V1ConfigMap>(scope: WebOnly));
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        var owner = await rig.Client.CreateAsync(Labelled("w", "web"), cancellationToken: Cancelled);
        await reconciler.NextAsync();

        await rig.Client.CreateAsync(Owned(owner, "other", "api"), cancellationToken: Cancelled);
        await rig.Client.CreateAsync(Owned(owner, "mine", "web"), cancellationToken: Cancelled);

        var run = await reconciler.NextAsync();
        Assert.Equal([new ReconcileReason(ReconcileTrigger.Owned, "ConfigMap", new ObjectKey("default", "mine"))], run.Reasons);
        Assert.False(reconciler.HasNext);
        Assert.Equal(["app=web"], LabelSelectors(rig, "configmaps"));
    }

    [Fact]
    public async Task A_transform_of_a_kind_is_seen_by_handlers_listers_and_reads_after_that_of_the_host()
    {
        var reconciler = new FakeReconciler();
        await using var rig = await OperatorRig.CreateAsync(reconciler, options: options =>
        {
            options.Transform = any =>
            {
                any.Metadata.Annotations = new Dictionary<string, string> { ["seen"] = "host" };
                return any;
            };
            options.Cache<Widget>(transform: widget =>
            {
                widget.Metadata.Annotations["seen"] += ", kind";
                widget.Spec!.Color = null;
                return widget;
            });
        });
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();

        var widget = Labelled("w", "web");
        widget.Spec!.Color = "blue";
        await rig.Client.CreateAsync(widget, cancellationToken: Cancelled);

        var run = await reconciler.NextAsync();
        Assert.Equal(("host, kind", null), (run.Object?.Metadata.Annotations["seen"], run.Object?.Spec?.Color));
        var read = await rig.Client.GetAsync<Widget>(Key, Cancelled);
        Assert.Equal(("host, kind", null), (read?.Metadata.Annotations["seen"], read?.Spec?.Color));
        var live = await rig.Client.Live.GetAsync<Widget>(Key, Cancelled);
        Assert.Equal("blue", live?.Spec?.Color);
        Assert.Null(live?.Metadata.Annotations);
    }

    [Fact]
    public async Task Selectors_for_a_namespace_that_is_not_watched_fail_the_start()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler(), controller => controller.For(scope: new CacheScope
        {
            ByNamespace = new Dictionary<string, ScopeSelectors> { ["team"] = new() { LabelSelector = Web } },
        }));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => rig.Host.StartAsync(Cancelled));

        Assert.Equal("The cache of Widget has selectors for the namespace 'team', which it does not watch. Add it to Namespaces.", failure.Message);
    }

    private static (string Labels, string Fields) Selectors(InformerScope scope, string ns) => scope.ByNamespace.TryGetValue(ns, out var own)
        ? ((own.LabelSelector ?? scope.LabelSelector).ToString(), own.FieldSelector ?? scope.FieldSelector)
        : (scope.LabelSelector.ToString(), scope.FieldSelector);

    private static KubePatch Labels(string json) => KubePatch.Merge(System.Text.Encoding.UTF8.GetBytes($$$"""{"metadata":{"labels":{{{json}}}}}"""));

    private static Widget Labelled(string name, string app, string ns = "default") => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = ns, Name = name, Labels = new Dictionary<string, string> { ["app"] = app } },
        Spec = new WidgetSpec { Size = 1 },
    };

    private static V1ConfigMap Owned(Widget owner, string name, string app)
    {
        var map = new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name, Labels = new Dictionary<string, string> { ["app"] = app } },
        };
        map.Metadata.OwnerReferences = [Owner(owner.Metadata.Name)];
        map.Metadata.OwnerReferences[0].Uid = owner.Metadata.Uid;
        return map;
    }

    private static int Reads(OperatorRig rig) => rig.Server.Requests.Latest(request => request.Verb is "get" or "list").Count;

    /// <summary>Which labels the watches of a resource ask for.</summary>
    private static IEnumerable<string> LabelSelectors(OperatorRig rig, string resource) => rig.Paths
        .Select(path => new Uri($"http://server{path[path.IndexOf('/')..]}"))
        .Where(uri => uri.AbsolutePath.EndsWith($"/{resource}", StringComparison.Ordinal) && uri.Query.Contains("watch=", StringComparison.Ordinal))
        .Select(uri => System.Web.HttpUtility.ParseQueryString(uri.Query)["labelSelector"] ?? "")
        .Distinct()
        .Order();
}
