using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.Tests;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers.Tests;

/// <summary>The same on a real Kubernetes API server, the one whose kubeconfig CRMONITOR_TEST_KUBECONFIG names; skipped without it.</summary>
public sealed class RealServerTests : IAsyncLifetime
{
    private const int Rounds = 4;
    private static readonly string? KubeConfig = Environment.GetEnvironmentVariable("CRMONITOR_TEST_KUBECONFIG");

    // A command for the shell, with {0} where it is to say stop-server or start-server.
    private static readonly string? Control = Environment.GetEnvironmentVariable("CRMONITOR_TEST_REALSERVER_CONTROL");

    private readonly string _group = $"g{Guid.NewGuid():N}.test.crmonitor.dev";
    private readonly List<ReflectorFailure> _failures = [];
    private KubernetesTransport? _transport;
    private RestClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Collection => $"/apis/{_group}/v1/namespaces/default/widgets";

    private KubeResource<Widget> Resource => new(new KubeResource(_group, "v1", "widgets", "Widget"), WidgetJson.Default.Widget);

    public async ValueTask InitializeAsync()
    {
        if (!string.IsNullOrEmpty(KubeConfig))
        {
            _transport = new KubernetesTransport(KubernetesClientConfiguration.BuildConfigFromConfigFile(KubeConfig));
            _client = new RestClient(_transport);
            await WidgetDefinition.CreateAsync(_client, _group);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_transport is not null)
        {
            await SendAsync(HttpMethod.Delete, $"{WidgetDefinition.Path}/widgets.{_group}");
            _transport.Dispose();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Objects_are_listed_as_a_stream_or_in_pages_and_followed(bool asStream)
    {
        SkipWithoutServer();
        await CreateAsync("a", 1);
        await CreateAsync("b", 2);
        var view = new ReplayedView();
        await using var factory = Factory(asStream);
        var informer = factory.Informer(Resource);
        informer.AddHandler(view);
        factory.Start();
        await factory.WaitForSyncAsync(Cancellation);
        // A list of what the server has at hand may be older than the last answer.
        await SameAsOnServerAsync(informer);
        Assert.Equal(2, informer.Lister.Count);

        await CreateAsync("c", 3);
        await SendAsync(HttpMethod.Delete, $"{Collection}/a");
        await SendAsync(HttpMethod.Patch, $"{Collection}/b", """{"spec":{"size":4}}""", KubeRequest.MergePatch);
        await ConvergedAsync(informer, view);
        Assert.Empty(_failures);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dynamic_objects_and_metadata_alone_are_listed_and_followed_too(bool asStream)
    {
        SkipWithoutServer();
        await CreateAsync("a", 1);
        await CreateAsync("b", 2);
        await using var factory = Factory(asStream);
        var whole = factory.Informer(DynamicObject.Of(Resource));
        // Of one factory it would be a view.
        await using var other = Factory(asStream);
        var metadata = other.Informer(PartialObjectMetadata.Of(Resource));
        factory.Start();
        other.Start();
        await factory.WaitForSyncAsync(Cancellation);
        await other.WaitForSyncAsync(Cancellation);
        await SameAsOnServerAsync(whole);
        await SameAsOnServerAsync(metadata);
        Assert.Equal(["a=1", "b=2"], SizesIn(whole));

        await CreateAsync("c", 3);
        await SendAsync(HttpMethod.Delete, $"{Collection}/a");
        await SendAsync(HttpMethod.Patch, $"{Collection}/b", """{"metadata":{"labels":{"app":"b"}},"spec":{"size":4}}""", KubeRequest.MergePatch);
        await SameAsOnServerAsync(whole);
        await SameAsOnServerAsync(metadata);
        Assert.Equal(["b=4", "c=3"], SizesIn(whole));
        Assert.All(whole.Lister.List(), widget => Assert.False(widget.Exists(DynamicPath.Parse("metadata.managedFields"))));
        var labelled = Assert.Single(metadata.Lister.List(selector: LabelSelector.Parse("app=b")));
        Assert.Equal("Widget", labelled.Kind);
        Assert.Null(labelled.Metadata.ManagedFields);
        Assert.Empty(_failures);
    }

    [Fact]
    public async Task Three_forms_are_one_list_and_one_watch()
    {
        SkipWithoutServer();
        await CreateAsync("a", 1);
        var view = new ReplayedView();
        var counting = new CountingTransport(_transport!);
        await using var factory = new SharedInformerFactory(counting);
        var whole = factory.Informer(DynamicObject.Of(Resource));
        var typed = factory.Informer(Resource);
        var metadata = factory.Informer(PartialObjectMetadata.Of(Resource));
        typed.AddHandler(view);
        factory.Start();
        await factory.WaitForSyncAsync(Cancellation);

        metadata.NoteWrite((await CreateAsync("b", 2)).Body.Span);
        Assert.Equal(2, typed.Lister.Get(new ObjectKey("default", "b"))!.Spec!.Size);
        await SendAsync(HttpMethod.Patch, $"{Collection}/b", """{"metadata":{"labels":{"app":"b"}},"spec":{"size":4}}""", KubeRequest.MergePatch);
        await SendAsync(HttpMethod.Delete, $"{Collection}/a");
        await ConvergedAsync(typed, view);
        await SameAsOnServerAsync(metadata);
        Assert.Equal(["b=4"], SizesIn(whole));
        Assert.Equal(4, Assert.Single(typed.Lister.List(selector: LabelSelector.Parse("app=b"))).Spec!.Size);
        Assert.Equal(1, counting.Count);
    }

    [Fact]
    public async Task The_answers_of_own_writes_are_read_at_once_and_the_watch_agrees_with_them()
    {
        SkipWithoutServer();
        var view = new ReplayedView();
        await using var factory = Factory(asStream: true);
        var informer = factory.Informer(Resource);
        informer.AddHandler(view);
        factory.Start();
        await factory.WaitForSyncAsync(Cancellation);

        for (var i = 0; i < 20; i++)
        {
            var key = new ObjectKey("default", $"w{i}");
            informer.NoteWrite((await CreateAsync(key.Name, i)).Body.Span);
            Assert.Equal(i, informer.Lister.Get(key)!.Spec!.Size);
            var patched = await SendAsync(
                HttpMethod.Patch,
                $"{Collection}/{key.Name}",
                """{"metadata":{"finalizers":["test.crmonitor.dev/hold"]},"spec":{"size":99} }""",
                KubeRequest.MergePatch);
            informer.NoteWrite(patched.Body.Span);
            Assert.Equal(99, informer.Lister.Get(key)!.Spec!.Size);
            if (i % 2 == 0)
            {
                continue;
            }

            informer.NoteWrite((await SendAsync(HttpMethod.Delete, $"{Collection}/{key.Name}")).Body.Span);
            Assert.NotNull(informer.Lister.Get(key)!.Metadata.DeletionTimestamp);
            informer.NoteWrite((await FreeAsync(key.Name)).Body.Span);
            Assert.Null(informer.Lister.Get(key));
        }

        await ConvergedAsync(informer, view);
        Assert.Equal(10, informer.Lister.Count);

        // Else the kind could not go.
        for (var i = 0; i < 20; i += 2)
        {
            await FreeAsync($"w{i}");
        }
    }

    [Fact]
    public async Task An_informer_follows_a_kind_that_comes_goes_and_comes_again()
    {
        SkipWithoutServer();
        var group = $"late.{_group}";
        var view = new ReplayedView();
        await using var factory = Factory(asStream: true);
        var late = factory.Informer(new KubeResource<Widget>(new KubeResource(group, "v1", "widgets", "Widget"), WidgetJson.Default.Widget));
        late.AddHandler(view);
        factory.Start();
        await Eventually.TrueAsync(() => late.Health.LastFailure?.Reason == ReflectorFailureReason.KindMissing, "the kind is missing");

        for (var i = 0; i < 2; i++)
        {
            await WidgetDefinition.CreateAsync(_client, group);
            await SendAsync(
                HttpMethod.Post,
                $"/apis/{group}/v1/namespaces/default/widgets",
                $$"""{"apiVersion":"{{group}}/v1","kind":"Widget","metadata":{"name":"x"},"spec":{"size":1} }""");
            await late.WaitForCacheAsync(cache => cache.Count == 1, Cancellation);
            await Eventually.TrueAsync(() => view.Versions.Count == 1, "the object is told");
            await SendAsync(HttpMethod.Delete, $"{WidgetDefinition.Path}/widgets.{group}");
            await late.WaitForCacheAsync(cache => cache.Count == 0, Cancellation);
            await Eventually.TrueAsync(
                () => late.Health.LastFailure?.Reason == ReflectorFailureReason.KindMissing, "the kind is missing again", TimeSpan.FromMinutes(2));
        }

        await Eventually.TrueAsync(() => view.Versions.Count == 0, "the objects are told to be gone");
        Assert.Empty(view.Mistakes);
    }

    [Fact]
    public async Task Whatever_happens_while_the_server_stops_and_starts_cache_and_handlers_end_up_with_what_it_has()
    {
        SkipWithoutServer();
        Assert.SkipWhen(string.IsNullOrEmpty(Control), "CRMONITOR_TEST_REALSERVER_CONTROL does not say how to stop and start the server.");
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var streaming = Factory(asStream: true);
        await using var paging = Factory(asStream: false);
        var informers = new[] { streaming, paging }.Select(factory => (Informer: factory.Informer(Resource), View: new ReplayedView())).ToArray();
        foreach (var (informer, view) in informers)
        {
            informer.AddHandler(view);
            informer.Start();
        }

        for (var round = 0; round < Rounds; round++)
        {
            await WriteAsync(random, random.Next(1, 20));
            await RunControlAsync("stop-server");
            await RunControlAsync("start-server");
            await WaitUntilServedAsync();
            await WriteAsync(random, random.Next(1, 20));
        }

        foreach (var (informer, view) in informers)
        {
            await ConvergedAsync(informer, view);
        }

        Assert.NotEmpty(_failures);
    }

    private static void SkipWithoutServer() =>
        Assert.SkipWhen(string.IsNullOrEmpty(KubeConfig), "CRMONITOR_TEST_KUBECONFIG does not name the kubeconfig of a real API server.");

    private static async Task RunControlAsync(string action)
    {
        var command = Control!.Replace("{0}", action, StringComparison.Ordinal);
        using var process = Process.Start("/bin/sh", ["-c", command]);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}");
    }

    private SharedInformerFactory Factory(bool asStream) => new(_transport!, new SharedInformerFactoryOptions
    {
        UseStreamingList = asStream,
        OnFailure = (_, failure) =>
        {
            lock (_failures)
            {
                _failures.Add(failure);
            }
        },
    });

    private async Task WriteAsync(Random random, int count)
    {
        var names = (await ListAsync()).Keys.Select(key => key.Name).ToHashSet();
        for (var i = 0; i < count; i++)
        {
            var name = $"w{random.Next(8)}";
            if (names.Add(name))
            {
                await CreateAsync(name, random.Next(100));
            }
            else if (random.Next(2) == 0)
            {
                await SendAsync(HttpMethod.Patch, $"{Collection}/{name}", $$"""{"spec":{"size":{{random.Next(100)}} } }""", KubeRequest.MergePatch);
            }
            else
            {
                names.Remove(name);
                await SendAsync(HttpMethod.Delete, $"{Collection}/{name}");
            }
        }
    }

    private Task WaitUntilServedAsync() => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await ListAsync();
                return true;
            }
            catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException)
            {
                return false;
            }
        },
        "the server serves again",
        TimeSpan.FromMinutes(2));

    private async Task ConvergedAsync(ISharedInformer<Widget> informer, ReplayedView view)
    {
        var stored = await ListAsync();
        await Eventually.TrueAsync(
            () => stored.SequenceEqual(Ordered(informer.Lister.List().ToDictionary(ObjectKey.Of, widget => widget.Metadata.ResourceVersion)))
                && stored.SequenceEqual(Ordered(view.Versions)),
            $"cache and handler have the server's state; the server has {string.Join(", ", stored)}",
            TimeSpan.FromMinutes(2));
        Assert.Empty(view.Mistakes);
    }

    private async Task SameAsOnServerAsync<T>(ISharedInformer<T> informer)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var stored = await ListAsync();
        await Eventually.TrueAsync(
            () => stored.SequenceEqual(Ordered(informer.Lister.List().ToDictionary(held => ObjectKey.Of(held), held => held.Metadata.ResourceVersion))),
            $"the cache has the server's state: {string.Join(", ", stored)}",
            TimeSpan.FromMinutes(1));
    }

    private static IEnumerable<string> SizesIn(ISharedInformer<DynamicObject> informer) => informer.Lister.List()
        .Select(widget => $"{widget.Key.Name}={(widget.TryGetInt64(DynamicPath.Parse("spec.size"), out var size) ? size : -1)}")
        .Order(StringComparer.Ordinal);

    private async Task<SortedDictionary<ObjectKey, string>> ListAsync()
    {
        var list = JsonNode.Parse((await SendAsync(HttpMethod.Get, Collection)).Body.Span)!;
        return Ordered(list["items"]!.AsArray().Select(item => item!["metadata"]!).ToDictionary(
            metadata => new ObjectKey((string)metadata["namespace"]!, (string)metadata["name"]!),
            metadata => (string)metadata["resourceVersion"]!));
    }

    private static SortedDictionary<ObjectKey, string> Ordered(IReadOnlyDictionary<ObjectKey, string> versions) =>
        new(versions.ToDictionary(), Comparer<ObjectKey>.Create((left, right) => string.CompareOrdinal(left.Name, right.Name)));

    private Task<KubeResponse> CreateAsync(string name, int size) => SendAsync(
        HttpMethod.Post,
        Collection,
        $$"""{"apiVersion":"{{_group}}/v1","kind":"Widget","metadata":{"name":"{{name}}"},"spec":{"size":{{size}} } }""");

    /// <summary>Takes the finalizers away.</summary>
    private Task<KubeResponse> FreeAsync(string name) =>
        SendAsync(HttpMethod.Patch, $"{Collection}/{name}", """{"metadata":{"finalizers":null} }""", KubeRequest.MergePatch);

    private Task<KubeResponse> SendAsync(HttpMethod method, string path, string body = "", string? contentType = null) => _client.SendAsync(
        new KubeRequest { Method = method, Path = path, Body = Encoding.UTF8.GetBytes(body), ContentType = contentType }, Cancellation);
}
