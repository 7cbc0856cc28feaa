using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
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
        await WidgetDefinition.CreateAsync(_client);
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
    public async Task The_answers_of_own_writes_are_read_at_once_and_the_watch_agrees_with_them()
    {
        await SyncAsync();
        for (var i = 0; i < 20; i++)
        {
            var created = Read(await CreateAsync($"w{i}", i));
            _informer.NoteWrite(created);
            Assert.NotNull(_informer.Lister.Get(ObjectKey.Of(created)));
            var patched = Read(await SendAsync(HttpMethod.Patch, $"{Collection}/w{i}", """{"spec":{"size":99}}""", KubeRequest.MergePatch));
            _informer.NoteWrite(patched);
            Assert.Equal(99, _informer.Lister.Get(ObjectKey.Of(created))!.Spec!.Size);
            if (i % 2 == 0)
            {
                await SendAsync(HttpMethod.Delete, $"{Collection}/w{i}");
                _informer.NoteDelete(ObjectKey.Of(created), created.Metadata.Uid);
                Assert.Null(_informer.Lister.Get(ObjectKey.Of(created)));
            }
        }

        var last = Read(await CreateAsync("last", 1));
        Assert.NotNull(await _informer.GetAsync(ObjectKey.Of(last), last.Metadata.ResourceVersion, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await _informer.WaitForCacheAsync(cache => cache.ResourceVersion == last.Metadata.ResourceVersion, TestContext.Current.CancellationToken);
        Assert.Equal(11, _informer.Lister.Count);
        Assert.All(_informer.Lister.List(), widget => Assert.Equal(widget.Metadata.Name == "last" ? 1 : 99, widget.Spec!.Size));
    }

    [Fact]
    public async Task An_informer_follows_a_kind_that_comes_goes_and_comes_again()
    {
        const string Group = "late.crmonitor.dev";
        await SyncAsync();
        await CreateAsync("a", 1);
        Assert.Equal("Added default/a ->1", await _handler.NextTextAsync());
        var failures = new ConcurrentQueue<ReflectorFailureReason>();
        var time = new SignallingTime();
        await using var factory = new SharedInformerFactory(
            _transport, new SharedInformerFactoryOptions { TimeProvider = time, OnFailure = (_, failure) => failures.Enqueue(failure.Reason) });
        var late = factory.Informer(new KubeResource<Widget>(new KubeResource(Group, "v1", "widgets", "Widget"), WidgetJson.Default.Widget));
        factory.Start();
        await time.SkipDelayAsync();
        Assert.Equal(ReflectorFailureReason.KindMissing, failures.First());

        using var skipping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var skips = SkipDelaysAsync(time, skipping.Token);
        for (var i = 0; i < 2; i++)
        {
            await WidgetDefinition.CreateAsync(_client, Group);
            await late.WaitForSyncAsync(TestContext.Current.CancellationToken);
            await Eventually.TrueAsync(() => late.Health.IsConnected, "the kind is watched");
            await SendAsync(
                HttpMethod.Post,
                $"/apis/{Group}/v1/namespaces/default/widgets",
                $$"""{"apiVersion":"{{Group}}/v1","kind":"Widget","metadata":{"name":"x"},"spec":{"size":1} }""");
            await late.WaitForCacheAsync(cache => cache.Count == 1, TestContext.Current.CancellationToken);
            await SendAsync(HttpMethod.Delete, $"{WidgetDefinition.Path}/widgets.{Group}");
            await late.WaitForCacheAsync(cache => cache.Count == 0, TestContext.Current.CancellationToken);
            await Eventually.TrueAsync(() => late.Health.LastFailure?.Reason == ReflectorFailureReason.KindMissing, "the kind is missing again");
        }

        await skipping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => skips);
        Assert.Equal(1, _informer.Lister.Count);
    }

    private static async Task SkipDelaysAsync(SignallingTime time, CancellationToken cancellationToken)
    {
        while (true)
        {
            await time.SkipNextAsync(cancellationToken);
        }
    }

    private static Widget Read(KubeResponse response) => JsonSerializer.Deserialize(response.Body.Span, WidgetJson.Default.Widget)!;

    [Fact]
    public async Task Three_forms_are_one_list_and_one_watch()
    {
        await using var factory = new SharedInformerFactory(_transport);
        var dynamics = factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        var typed = factory.Informer(WidgetJson.Resource);
        var metadata = factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        var handler = new RecordingHandler();
        typed.AddHandler(handler);
        await CreateAsync("a", 1);
        _server.Requests.Clear();
        factory.Start();
        await factory.WaitForSyncAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Added default/a ->1 initial", await handler.NextTextAsync());
        metadata.NoteWrite((await CreateAsync("b", 2)).Body.Span);
        Assert.Equal(2, typed.Lister.Get(new ObjectKey("default", "b"))!.Spec!.Size);
        Assert.Equal("Added default/b ->2", await handler.NextTextAsync());
        await SendAsync(HttpMethod.Delete, $"{Collection}/a");
        Assert.Equal("Deleted default/a 1->", await handler.NextTextAsync());

        Assert.True(dynamics.Lister.List() is [{ Key.Name: "b" }] && metadata.Lister.List() is [{ Metadata.Name: "b" }], "all forms show b alone");
        Assert.Equal("watch", Assert.Single(_server.Requests.Latest(request => request.Resource == "widgets" && request.Verb is "list" or "watch")).Verb);
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
