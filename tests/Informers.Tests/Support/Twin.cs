using System.Globalization;

namespace CrMonitor.Informers.Tests;

/// <summary>An informer of widgets at a server of its own, and what its handler was told: one of two that are given the same.</summary>
internal sealed class Twin : IAsyncDisposable
{
    private const string AllNamespaces = "";

    private readonly InformerFixture _fixture;
    private readonly HandlerRegistration _registration;
    private readonly RecordingHandler _handler = new();
    private readonly Dictionary<string, ScriptedBody> _watches = [];   // by namespace

    /// <param name="before">Asks the factory for other forms first.</param>
    /// <param name="splits">The handler is told recreations as two changes.</param>
    /// <param name="scope">What is asked for.</param>
    private Twin(Action<SharedInformerFactory> before, bool splits, InformerScope? scope)
    {
        _fixture = new InformerFixture(scope);
        before(_fixture.Factory);
        Informer = _fixture.Informer;
        BySize = Informer.AddIndex("size", widget => new[] { widget.Spec!.Size });
        _registration = Informer.AddHandler(_handler, new HandlerOptions { SplitRecreations = splits });
    }

    public ISharedInformer<Widget> Informer { get; }

    public IObjectIndex<int, Widget> BySize { get; }

    /// <summary>What the handler was told of one object.</summary>
    public IReadOnlyList<string> Told(ObjectKey key) => [.. _handler.Changes.Where(change => change.Key == key).Select(Describe)];

    public static Twin WithOwnCache(bool splits, InformerScope? scope = null) => new(_ => { }, splits, scope);

    public static Twin AsView(bool splits, InformerScope? scope = null) =>
        new(factory => factory.Informer(DynamicObject.Of(WidgetJson.Resource), scope), splits, scope);

    public static string Describe(Widget? widget) => widget is null
        ? "nothing"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{widget.ApiVersion} {widget.Kind} {ObjectKey.Of(widget)} {widget.Metadata.Uid}@{widget.Metadata.ResourceVersion} "
                + $"{string.Join(',', widget.Metadata.Labels)} {widget.Spec?.Size}");

    public Task SyncAsync(string version, string[] items) => SyncAsync(version, new Dictionary<string, string[]> { [AllNamespaces] = items });

    /// <summary>Starts, and answers the list of each namespace.</summary>
    public async Task SyncAsync(string version, IReadOnlyDictionary<string, string[]> items)
    {
        Informer.Start();
        for (var i = 0; i < 2 * items.Count; i++)
        {
            Answer(await _fixture.Server.NextAsync(), version, items);
        }

        await SettleAsync(version);
    }

    public Task SendAsync(string[] events, string version) => SendAsync(new Dictionary<string, string[]> { [AllNamespaces] = events }, version);

    /// <summary>Sends the events of each namespace; all have come to <paramref name="version"/> then.</summary>
    public async Task SendAsync(IReadOnlyDictionary<string, string[]> events, string version)
    {
        foreach (var (ns, watch) in _watches)
        {
            // One piece, hence one read: what happens to a key within it is one change for a handler.
            var bookmark = Json.Bookmark(int.Parse(version, CultureInfo.InvariantCulture));
            watch.Send(string.Concat(events.GetValueOrDefault(ns, [])) + bookmark);
        }

        await SettleAsync(version);
    }

    /// <summary>Sends events to some namespaces alone, and returns when they have been read.</summary>
    public async Task SendAsync(IReadOnlyDictionary<string, string[]> events, string[] namespaces)
    {
        foreach (var ns in namespaces)
        {
            _watches[ns].Send(string.Concat(events[ns]));
            await _watches[ns].Drained();
        }
    }

    public Task RelistAsync(string version, string[] items) => RelistAsync(version, new Dictionary<string, string[]> { [AllNamespaces] = items });

    /// <summary>Lets the watch of one namespace after the other expire, and answers the lists that follow.</summary>
    public async Task RelistAsync(string version, IReadOnlyDictionary<string, string[]> items)
    {
        foreach (var ns in items.Keys)
        {
            _watches[ns].Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
            Answer((await _fixture.AfterDelayAsync()).Request, version, items);
            Answer(await _fixture.Server.NextWatchAsync(), version, items);
        }

        await SettleAsync(version);
    }

    /// <summary>Returns when the handler's last call is over. Nothing is told after that.</summary>
    public ValueTask EndAsync() => _registration.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await _fixture.DisposeAsync();
    }

    private void Answer(ScriptedRequest request, string version, IReadOnlyDictionary<string, string[]> items)
    {
        var path = request.Uri.AbsolutePath.Split('/');
        var ns = path[^3] == "namespaces" ? path[^2] : AllNamespaces;
        if (request.IsWatch)
        {
            _watches[ns] = request.Open();
        }
        else
        {
            request.List(version, items[ns]);
        }
    }

    // Until the cache is there, and the handler has been told all.
    private async Task SettleAsync(string version)
    {
        await Informer.WaitForCacheAsync(cache => cache.ResourceVersion == version, TestContext.Current.CancellationToken);
        while (_registration.PendingCount > 0)
        {
            await Task.Yield();
        }
    }

    private static string Describe(ResourceChange<Widget> change) =>
        $"{RecordingHandler.Describe(change)} | {Describe(change.Old)} | {Describe(change.Current)}";
}
