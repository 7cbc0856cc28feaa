using System.Text.Json.Nodes;
using CrMonitor.Informers;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>The client's reads and the listers, while the watch says nothing.</summary>
public sealed class ReadYourWritesTests
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_is_read_back_at_once_by_client_and_lister_however_late_the_watch_is()
    {
        await using var rig = await FrozenAsync();
        var lister = rig.Host.Services.GetRequiredService<ILister<Widget>>();

        var created = await rig.Client.CreateAsync(New("w", 1), cancellationToken: Cancelled);
        Assert.Equal(1, lister.Get(Key)?.Spec?.Size);
        Assert.Equal(1, Assert.Single(await rig.Client.ListAsync<Widget>("default", cancellationToken: Cancelled)).Spec?.Size);

        created.Spec!.Size = 2;
        await rig.Client.UpdateAsync(created, cancellationToken: Cancelled);
        Assert.Equal(2, (await rig.Client.GetAsync<Widget>(Key, Cancelled))?.Spec?.Size);
        Assert.Equal(2, lister.Get(Key)?.Spec?.Size);

        await rig.Client.PatchAsync<Widget>(Key, KubePatch.Merge("""{"spec":{"size":3}}"""u8.ToArray()), cancellationToken: Cancelled);
        Assert.Equal(3, lister.Get(Key)?.Spec?.Size);

        await rig.Client.ApplyAsync(New("v", 4), cancellationToken: Cancelled);
        Assert.Equal(2, lister.Count);
        Assert.Equal(0, rig.Reads);
    }

    [Fact]
    public async Task A_deletion_is_read_back_at_once_unless_a_finalizer_holds_the_object()
    {
        await using var rig = await FrozenAsync();
        var held = New("held", 1);
        held.Metadata.Finalizers = ["example.com/tests"];
        await rig.Client.CreateAsync(held, cancellationToken: Cancelled);
        await rig.Client.CreateAsync(New("w", 1), cancellationToken: Cancelled);

        Assert.True(await rig.Client.DeleteAsync<Widget>(Key, cancellationToken: Cancelled));
        Assert.True(await rig.Client.DeleteAsync<Widget>(new ObjectKey("default", "held"), cancellationToken: Cancelled));

        Assert.Null(await rig.Client.GetAsync<Widget>(Key, Cancelled));
        Assert.NotNull((await rig.Client.GetAsync<Widget>(new ObjectKey("default", "held"), Cancelled))?.Metadata.DeletionTimestamp);

        await rig.Client.PatchAsync<Widget>(
            new ObjectKey("default", "held"), KubePatch.Merge("""{"metadata":{"finalizers":null}}"""u8.ToArray()), cancellationToken: Cancelled);
        Assert.Empty(await rig.Client.ListAsync<Widget>(cancellationToken: Cancelled));

        await rig.Client.CreateAsync(New("w", 5), cancellationToken: Cancelled);
        Assert.Equal(5, (await rig.Client.GetAsync<Widget>(Key, Cancelled))?.Spec?.Size);
        Assert.Equal(0, rig.Reads);
    }

    [Theory]
    [InlineData("typed")]
    [InlineData("dynamic")]
    [InlineData("metadata")]
    public async Task A_write_and_a_deletion_in_one_form_are_read_back_at_once_in_all_forms_that_are_cached(string form)
    {
        // The poorest first, so that each has a cache of its own.
        await using var rig = await FrozenAsync(crMonitor => crMonitor
            .AddInformer(PartialObjectMetadata.Of(Widgets)).AddInformer<Widget>().AddInformer(DynamicObject.Of(Widgets)));
        var patch = KubePatch.Merge("""{"metadata":{"labels":{"is":"patched"}}}"""u8.ToArray());
        await rig.Client.CreateAsync(New("w", 1), cancellationToken: Cancelled);

        await (form switch
        {
            "dynamic" => rig.Client.PatchAsync<DynamicObject>(Key, patch, cancellationToken: Cancelled),
            "metadata" => rig.Client.PatchAsync<PartialObjectMetadata>(Key, patch, cancellationToken: Cancelled),
            _ => (Task)rig.Client.PatchAsync<Widget>(Key, patch, cancellationToken: Cancelled),
        });
        var patched = LabelSelector.Parse("is=patched");
        Assert.Equal(1, Assert.Single(await rig.Client.ListAsync<Widget>("default", patched, Cancelled)).Spec?.Size);
        Assert.Single(await rig.Client.ListAsync<DynamicObject>("default", patched, Cancelled));
        Assert.Single(await rig.Client.ListAsync<PartialObjectMetadata>("default", patched, Cancelled));

        Assert.True(await (form switch
        {
            "dynamic" => rig.Client.DeleteAsync<DynamicObject>(Key, cancellationToken: Cancelled),
            "metadata" => rig.Client.DeleteAsync<PartialObjectMetadata>(Key, cancellationToken: Cancelled),
            _ => rig.Client.DeleteAsync<Widget>(Key, cancellationToken: Cancelled),
        }));
        Assert.Null(await rig.Client.GetAsync<Widget>(Key, Cancelled));
        Assert.Null(await rig.Client.GetAsync<DynamicObject>(Key, Cancelled));
        Assert.Null(await rig.Client.GetAsync<PartialObjectMetadata>(Key, Cancelled));
        Assert.Equal(0, rig.Reads);
    }

    [Fact]
    public async Task A_write_of_the_scale_gives_the_object_and_is_read_back_at_once()
    {
        await using var rig = await FrozenAsync(builder => builder.AddInformer<V1Deployment>());
        var lister = rig.Host.Services.GetRequiredService<ILister<V1Deployment>>();
        await rig.Client.CreateAsync(Web(), cancellationToken: Cancelled);
        var scale = new WriteOptions { Subresource = "scale" };

        var answer = await rig.Client.PatchAsync<V1Deployment>(WebKey, Replicas(3), scale, Cancelled);
        Assert.Equal(("Deployment", 3, "image"), (answer.Kind, answer.Spec.Replicas, answer.Spec.Template.Spec.Containers[0].Image));
        Assert.Equal((3, answer.Metadata.ResourceVersion), (lister.Get(WebKey)!.Spec.Replicas, lister.Get(WebKey)!.Metadata.ResourceVersion));
        Assert.Equal(1, rig.Reads);

        var operations = new JsonArray(new JsonObject { ["op"] = "replace", ["path"] = "/spec/replicas", ["value"] = 5 });
        await rig.Client.PatchAsync<V1Deployment>(WebKey, KubePatch.Json(operations), scale, Cancelled);
        Assert.Equal(5, (await rig.Client.GetAsync<V1Deployment>(WebKey, Cancelled))!.Spec.Replicas);

        var unwritten = new WriteOptions { Subresource = "scale", DryRun = true };
        Assert.Equal(5, (await rig.Client.PatchAsync<V1Deployment>(WebKey, Replicas(9), unwritten, Cancelled)).Spec.Replicas);
        Assert.Empty(rig.Warnings);
    }

    [Fact]
    public async Task The_scale_can_be_read_and_written_as_what_it_is()
    {
        await using var rig = await FrozenAsync(builder => builder.AddInformer<V1Deployment>());
        await rig.Client.CreateAsync(Web(), cancellationToken: Cancelled);
        var dynamic = rig.Client.For(DynamicObject.Of(KubeResource.Of(typeof(V1Deployment))));

        var read = await rig.Client.GetSubresourceAsync<V1Deployment>(WebKey, "scale", Cancelled);
        Assert.Equal("Scale", read!.Kind);
        var wanted = read.ToJsonNode();
        wanted["spec"]!["replicas"] = 4;

        // Of whatever version: the server's own controller writes the status meanwhile.
        wanted["metadata"]!.AsObject().Remove("resourceVersion");
        var written = await dynamic.UpdateAsync(DynamicObject.From(wanted), new WriteOptions { Subresource = "scale" }, Cancelled);

        Assert.Equal(("autoscaling/v1", "Scale"), (written.ApiVersion, written.Kind));
        Assert.True(written.TryGetInt64(DynamicPath.Parse("spec.replicas"), out var replicas) && replicas == 4);
        Assert.Null(await rig.Client.GetSubresourceAsync<V1Deployment>(new ObjectKey("default", "none"), "scale", Cancelled));
        Assert.Empty(rig.Warnings);
    }

    [Fact]
    public async Task A_write_in_a_form_that_is_not_cached_is_read_back_in_the_one_that_is()
    {
        await using var rig = await FrozenAsync();
        var dynamic = rig.Client.For(DynamicObject.Of(Widgets));
        await rig.Client.CreateAsync(New("w", 1), cancellationToken: Cancelled);

        await dynamic.PatchAsync<DynamicObject>(Key, KubePatch.Merge("""{"spec":{"size":9}}"""u8.ToArray()), cancellationToken: Cancelled);
        Assert.Equal(9, (await rig.Client.GetAsync<Widget>(Key, Cancelled))?.Spec?.Size);

        Assert.True(await dynamic.DeleteAsync<DynamicObject>(Key, cancellationToken: Cancelled));
        Assert.Null(await rig.Client.GetAsync<Widget>(Key, Cancelled));
    }

    [Fact]
    public async Task A_dry_run_is_answered_and_not_remembered()
    {
        await using var rig = await FrozenAsync();
        var dry = new WriteOptions { DryRun = true };
        var lister = rig.Host.Services.GetRequiredService<ILister<Widget>>();
        Assert.Equal(9, (await rig.Client.CreateAsync(New("never", 9), dry, Cancelled)).Spec?.Size);
        var created = await rig.Client.CreateAsync(New("w", 1), cancellationToken: Cancelled);
        await AssertUnchangedAsync();

        created.Spec!.Size = 2;
        Assert.Equal(2, (await rig.Client.UpdateAsync(created, dry, Cancelled)).Spec?.Size);
        await AssertUnchangedAsync();

        var patch = KubePatch.Merge("""{"spec":{"size":3}}"""u8.ToArray());
        Assert.Equal(3, (await rig.Client.PatchAsync<Widget>(Key, patch, dry, Cancelled)).Spec?.Size);
        await AssertUnchangedAsync();

        Assert.Equal(4, (await rig.Client.ApplyAsync(New("w", 4), new ApplyOptions { DryRun = true, Force = true }, Cancelled)).Spec?.Size);
        await AssertUnchangedAsync();

        Assert.True(await rig.Client.DeleteAsync<Widget>(Key, new DeleteOptions { DryRun = true }, Cancelled));
        await AssertUnchangedAsync();

        async Task AssertUnchangedAsync()
        {
            Assert.Equal(1, (await rig.Client.GetAsync<Widget>(Key, Cancelled))?.Spec?.Size);
            Assert.Equal(1, Assert.Single(lister.List()).Spec?.Size);
        }
    }

    // The cache hears nothing of the server, and holds the client's own write alone.
    [Fact]
    public async Task Before_a_cache_has_synced_reads_ask_the_server()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        rig.Server.Faults.Freeze(request => request is { Verb: "watch", Resource: "widgets" });
        Put(rig.Server, "w", 6);
        await rig.Host.StartAsync(Cancelled);
        await rig.Client.CreateAsync(New("v", 5), cancellationToken: Cancelled);

        Assert.False(rig.Host.Services.GetRequiredService<ISharedInformer<Widget>>().HasSynced);
        Assert.Equal(6, (await rig.Client.GetAsync<Widget>(Key, Cancelled))?.Spec?.Size);
        Assert.Equal([5, 6], (await rig.Client.ListAsync<Widget>("default", cancellationToken: Cancelled)).Select(widget => widget.Spec!.Size));
    }

    [Fact]
    public async Task Changing_what_a_read_or_a_write_returned_does_not_change_the_cache()
    {
        await using var rig = await FrozenAsync();

        var created = await rig.Client.CreateAsync(New("w", 1), cancellationToken: Cancelled);
        created.Spec!.Size = 7;
        (await rig.Client.GetAsync<Widget>(Key, Cancelled))!.Spec!.Size = 8;
        (await rig.Client.ListAsync<Widget>(cancellationToken: Cancelled))[0].Metadata.Name = "other";

        var cached = rig.Host.Services.GetRequiredService<ILister<Widget>>().Get(Key);
        Assert.Equal((1, "w"), (cached?.Spec?.Size, cached?.Metadata.Name));
    }

    [Fact]
    public async Task Live_reads_ask_the_server_and_so_do_reads_of_kinds_without_a_cache()
    {
        await using var rig = await FrozenAsync();
        Put(rig.Server, "w", 6);

        Assert.Null(await rig.Client.GetAsync<Widget>(Key, Cancelled));
        Assert.Equal(6, (await rig.Client.Live.GetAsync<Widget>(Key, Cancelled))?.Spec?.Size);
        Assert.Equal(6, Assert.Single(await rig.Client.Live.ListAsync<Widget>("default", cancellationToken: Cancelled)).Spec?.Size);

        await rig.Client.CreateAsync(
            new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "c", Labels = new Dictionary<string, string> { ["a"] = "1" } } },
            cancellationToken: Cancelled);
        Assert.Single(await rig.Client.ListAsync<V1ConfigMap>("default", LabelSelector.Parse("a=1"), Cancelled));
        Assert.Empty(await rig.Client.ListAsync<V1ConfigMap>("default", LabelSelector.Parse("a!=1,a"), Cancelled));
    }

    [Fact]
    public async Task A_live_list_comes_in_pages_and_is_whole()
    {
        await using var rig = await FrozenAsync();
        for (var i = 0; i < 1201; i++)
        {
            Put(rig.Server, $"w-{i}", i);
        }

        var all = await rig.Client.Live.ListAsync<Widget>(cancellationToken: Cancelled);

        Assert.Equal(Enumerable.Range(0, 1201), all.Select(widget => widget.Spec!.Size).Order());
        Assert.Equal(3, rig.Reads);
    }

    private static readonly ObjectKey WebKey = new("default", "web");

    private static KubePatch Replicas(int count) => KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["replicas"] = count } });

    private static V1Deployment Web()
    {
        var labels = new Dictionary<string, string> { ["app"] = "web" };
        return new V1Deployment
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "web" },
            Spec = new V1DeploymentSpec
            {
                Replicas = 1,
                Selector = new V1LabelSelector { MatchLabels = labels },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = labels },
                    Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Image = "image" }] },
                },
            },
        };
    }

    private static void Put(ApiServer.EmbeddedApiServer server, string name, int size) => server.Storage.Put(new JsonObject
    {
        ["apiVersion"] = "example.com/v1",
        ["kind"] = "Widget",
        ["metadata"] = new JsonObject { ["namespace"] = "default", ["name"] = name },
        ["spec"] = new JsonObject { ["size"] = size },
    });

    private static Widget New(string name, int size) =>
        new() { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name }, Spec = new WidgetSpec { Size = size } };

    /// <summary>A host whose caches have synced and hear nothing any more.</summary>
    private static async Task<FrozenRig> FrozenAsync(Func<CrMonitorBuilder, CrMonitorBuilder>? services = null)
    {
        var rig = await OperatorRig.CreateAsync(new FakeReconciler(), services: services);
        await rig.Host.StartAsync(Cancelled);
        await rig.ReadyAsync();
        rig.Server.Faults.FreezeWatches();
        return new FrozenRig(rig);
    }

    private sealed class FrozenRig(OperatorRig rig) : IAsyncDisposable
    {
        private readonly int _before = CountReads(rig);

        public IKubeClient Client => rig.Client;

        public Microsoft.Extensions.Hosting.IHost Host => rig.Host;

        public ApiServer.EmbeddedApiServer Server => rig.Server;

        public IEnumerable<string> Warnings => rig.Log.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Text);

        /// <summary>How often the server was read since.</summary>
        public int Reads => CountReads(rig) - _before;

        public ValueTask DisposeAsync() => rig.DisposeAsync();

        private static int CountReads(OperatorRig of) => of.Server.Requests.Latest(request => request.Verb is "get" or "list").Count;
    }
}
