using System.Text;
using CrMonitor.ApiServer;
using CrMonitor.Tests;

namespace CrMonitor.Informers.Tests;

/// <summary>The whole way, over sockets, against the embedded server.</summary>
public sealed class EmbeddedServerTests : IAsyncLifetime
{
    private const string Collection = "/apis/test.crmonitor.dev/v1/namespaces/default/widgets";
    private readonly RecordingHandler _handler = new();
    private EmbeddedApiServer _server = null!;
    private HttpMessageHandlerTransport _transport = null!;
    private SharedInformerFactory _factory = null!;
    private RestClient _client = null!;
    private ISharedInformer<Widget> _informer = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await EmbeddedApiServer.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        _transport = new HttpMessageHandlerTransport(_server.Url, new SocketsHttpHandler(), disposeHandler: true);
        _client = new RestClient(_transport);
        _factory = new SharedInformerFactory(_transport);
        _informer = _factory.Informer(WidgetJson.Resource);
        _informer.AddHandler(_handler);
        await SendAsync(
            HttpMethod.Post,
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.test.crmonitor.dev"},
             "spec":{"group":"test.crmonitor.dev","scope":"Namespaced","names":{"plural":"widgets","singular":"widget","kind":"Widget","listKind":"WidgetList"},
             "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object",
             "properties":{"spec":{"type":"object","properties":{"size":{"type":"integer"}}}}}}}]}}
            """);
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await SendAsync(HttpMethod.Get, Collection);
                    return true;
                }
                catch (KubeApiException e) when (e.IsNotFound)
                {
                    return false;
                }
            },
            "the new kind is served");
    }

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        _transport.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Writes_arrive_in_the_cache_and_at_the_handler()
    {
        await CreateAsync("a", 1);
        await SyncAsync();
        Assert.Equal("Added default/a ->1 initial", await _handler.NextTextAsync());

        await CreateAsync("b", 2);
        Assert.Equal("Added default/b ->2", await _handler.NextTextAsync());
        await SendAsync(HttpMethod.Patch, $"{Collection}/b", """{"spec":{"size":3}}""", KubeRequest.MergePatch);
        Assert.Equal("Updated default/b 2->3", await _handler.NextTextAsync());
        await SendAsync(HttpMethod.Delete, $"{Collection}/a");
        Assert.Equal("Deleted default/a 1->", await _handler.NextTextAsync());
        Assert.Equal(["b"], _informer.Lister.List("default").Select(widget => widget.Metadata.Name));
    }

    [Fact]
    public async Task What_happens_while_the_connection_is_broken_arrives_when_it_is_back()
    {
        await GivenTwoAsync();

        using (_server.Faults.Disconnect(IsWatch))
        {
            _server.Faults.DropWatches();
            await SendAsync(HttpMethod.Delete, $"{Collection}/a");
            await Eventually.TrueAsync(() => _informer.Health.LastFailure is not null, "the failure is seen");
        }

        Assert.Equal("Deleted default/a 1->", await _handler.NextTextAsync());
        Assert.Equal(1, _informer.Lister.Count);
    }

    [Fact]
    public async Task A_deletion_that_the_server_has_forgotten_is_found_once_by_a_new_list()
    {
        await GivenTwoAsync();

        using (_server.Faults.Disconnect(IsWatch))
        {
            _server.Faults.DropWatches();
            await SendAsync(HttpMethod.Delete, $"{Collection}/a");
            await CreateAsync("c", 3);
            _server.Compact();
            await Eventually.TrueAsync(() => _informer.Health.LastFailure is not null, "the failure is seen");
        }

        string[] told = [await _handler.NextTextAsync(), await _handler.NextTextAsync()];
        Assert.Equal(["Added default/c ->3", "Deleted default/a 1-> unknown"], told.Order());
        Assert.Equal(["b", "c"], _informer.Lister.List().Select(widget => widget.Metadata.Name).Order());
        Assert.Equal(4, _handler.All.Count);
    }

    [Fact]
    public async Task Dynamic_objects_and_metadata_alone_follow_as_well()
    {
        var dynamics = _factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        var metadata = _factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        await CreateAsync("a", 1);
        await SyncAsync();
        await CreateAsync("b", 2);
        await SendAsync(HttpMethod.Delete, $"{Collection}/a");

        await Eventually.TrueAsync(
            () => dynamics.Lister.List() is [{ Key.Name: "b" }] && metadata.Lister.List() is [{ Metadata.Name: "b" }], "both show b alone");
        var size = DynamicPath.Parse("spec.size");
        Assert.True(dynamics.Lister.Get(new ObjectKey("default", "b"))!.TryGetInt64(size, out var value) && value == 2);
        Assert.Equal("Widget", metadata.Lister.Get(new ObjectKey("default", "b"))!.Kind);
    }

    private static bool IsWatch(ApiRequest request) => request.Verb == "watch";

    private Task<KubeResponse> CreateAsync(string name, int size) => SendAsync(
        HttpMethod.Post,
        Collection,
        $$"""{"apiVersion":"test.crmonitor.dev/v1","kind":"Widget","metadata":{"name":"{{name}}"},"spec":{"size":{{size}} } }""");

    /// <summary>The widgets a and b, which the handler has been told.</summary>
    private async Task GivenTwoAsync()
    {
        await CreateAsync("a", 1);
        await CreateAsync("b", 2);
        await SyncAsync();
        await _handler.NextAsync();
        await _handler.NextAsync();
    }

    private async Task SyncAsync()
    {
        _factory.Start();
        await _factory.WaitForSyncAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => _informer.Health.IsConnected, "the watch is open");
    }

    private Task<KubeResponse> SendAsync(HttpMethod method, string path, string body = "", string? contentType = null) => _client.SendAsync(
        new KubeRequest { Method = method, Path = path, Body = Encoding.UTF8.GetBytes(body), ContentType = contentType },
        TestContext.Current.CancellationToken);
}
