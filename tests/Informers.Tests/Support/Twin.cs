using System.Globalization;

namespace CrMonitor.Informers.Tests;

/// <summary>An informer of widgets at a server of its own, and what its handler was told: one of two that are given the same.</summary>
internal sealed class Twin : IAsyncDisposable
{
    private readonly InformerFixture _fixture = new();
    private readonly HandlerRegistration _registration;
    private readonly RecordingHandler _handler = new();
    private ScriptedBody? _watch;

    /// <param name="before">Asks the factory for other forms first.</param>
    /// <param name="splits">The handler is told recreations as two changes.</param>
    private Twin(Action<SharedInformerFactory> before, bool splits)
    {
        before(_fixture.Factory);
        Informer = _fixture.Informer;
        BySize = Informer.AddIndex("size", widget => new[] { widget.Spec!.Size });
        _registration = Informer.AddHandler(_handler, new HandlerOptions { SplitRecreations = splits });
    }

    public ISharedInformer<Widget> Informer { get; }

    public IObjectIndex<int, Widget> BySize { get; }

    /// <summary>What the handler was told of one object.</summary>
    public IReadOnlyList<string> Told(ObjectKey key) => [.. _handler.Changes.Where(change => change.Key == key).Select(Describe)];

    public static Twin WithOwnCache(bool splits) => new(_ => { }, splits);

    public static Twin AsView(bool splits) => new(factory => factory.Informer(DynamicObject.Of(WidgetJson.Resource)), splits);

    public static string Describe(Widget? widget) => widget is null
        ? "nothing"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{widget.ApiVersion} {widget.Kind} {ObjectKey.Of(widget)} {widget.Metadata.Uid}@{widget.Metadata.ResourceVersion} "
                + $"{string.Join(',', widget.Metadata.Labels)} {widget.Spec?.Size}");

    public async Task SyncAsync(string version, string[] items)
    {
        _watch = await _fixture.SyncAsync(version, items);
        await SettleAsync(version);
    }

    public async Task SendAsync(string[] events, string version)
    {
        // One piece, hence one read: what happens to a key within it is one change for a handler.
        _watch!.Send(string.Concat(events));
        await SettleAsync(version);
    }

    public async Task RelistAsync(string version, string[] items)
    {
        _watch!.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await _fixture.AfterDelayAsync()).Request.List(version, items);
        _watch = (await _fixture.Server.NextWatchAsync()).Open();
        await SettleAsync(version);
    }

    public async ValueTask DisposeAsync()
    {
        await _registration.DisposeAsync();
        await _fixture.DisposeAsync();
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
