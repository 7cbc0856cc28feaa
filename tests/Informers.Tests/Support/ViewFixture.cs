namespace CrMonitor.Informers.Tests;

/// <summary>A scripted server and widgets in all three forms: held as dynamic objects, and shown as typed ones and as metadata.</summary>
internal sealed class ViewFixture : IAsyncDisposable
{
    private readonly InformerFixture _fixture;

    public ViewFixture(InformerScope? scope = null, Func<SignallingTime, SharedInformerFactoryOptions>? options = null)
    {
        _fixture = new InformerFixture(options: options);
        Stored = Factory.Informer(DynamicObject.Of(WidgetJson.Resource), scope);
        Typed = Factory.Informer(WidgetJson.Resource, scope);
        Metadata = Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource), scope);
    }

    public SharedInformerFactory Factory => _fixture.Factory;

    public ScriptedServer Server => _fixture.Server;

    public LogRecorder Logs => _fixture.Logs;

    public SignallingTime Time => _fixture.Time;

    public ISharedInformer<DynamicObject> Stored { get; }

    public ISharedInformer<Widget> Typed { get; }

    public ISharedInformer<PartialObjectMetadata> Metadata { get; }

    public static ObjectKey Key(string name) => new("default", name);

    /// <summary>Starts, answers the list, and opens the watch.</summary>
    public async Task<ScriptedBody> SyncAsync(string version, params string[] items)
    {
        Factory.Start();
        (await Server.NextListAsync()).List(version, items);
        await Factory.WaitForSyncAsync(TestContext.Current.CancellationToken);
        return (await Server.NextWatchAsync()).Open();
    }

    /// <summary>Sends an event, and returns when the cache shows it.</summary>
    public async Task SendAsync(ScriptedBody watch, string type, string content, string version)
    {
        watch.Send(Json.Event(type, content));
        await Stored.WaitForCacheAsync(cache => cache.ResourceVersion == version, TestContext.Current.CancellationToken);
    }

    /// <summary>Lets the watch expire, and answers the list that follows. Returns the watch after it.</summary>
    public async Task<ScriptedBody> RelistAsync(ScriptedBody watch, string version, params string[] items)
    {
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await _fixture.AfterDelayAsync()).Request.List(version, items);
        await Stored.WaitForCacheAsync(cache => cache.ResourceVersion == version, TestContext.Current.CancellationToken);
        return (await Server.NextWatchAsync()).Open();
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
