namespace CrMonitor.Informers.Tests;

/// <summary>A scripted server, a virtual clock, and informers of widgets.</summary>
internal sealed class InformerFixture : IAsyncDisposable
{
    private readonly InformerScope? _scope;

    public InformerFixture(
        InformerScope? scope = null, Func<SignallingTime, SharedInformerFactoryOptions>? options = null, LogRecorder? logs = null)
    {
        Logs = logs ?? new LogRecorder();
        Factory = new SharedInformerFactory(
            Server.Transport,
            options?.Invoke(Time) ?? new SharedInformerFactoryOptions
            {
                TimeProvider = Time,
                Random = new Random(1),
                LoggerFactory = Logs,
                UseStreamingList = false,
            });
        _scope = scope;
    }

    public SignallingTime Time { get; } = new();

    public ScriptedServer Server { get; } = new();

    public LogRecorder Logs { get; }

    public SharedInformerFactory Factory { get; }

    /// <summary>The informer of widgets, which nobody has asked for before the test does.</summary>
    public ISharedInformer<Widget> Informer => field ??= Factory.Informer(WidgetJson.Resource, _scope);

    /// <summary>Starts, answers the list, and opens the watch.</summary>
    public async Task<ScriptedBody> SyncAsync(string version, params string[] items)
    {
        Informer.Start();
        (await Server.NextListAsync()).List(version, items);
        await Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
        return (await Server.NextWatchAsync()).Open();
    }

    /// <summary>Lets the next delay pass, and returns it with the request that follows.</summary>
    public async Task<(ScriptedRequest Request, TimeSpan Delay)> AfterDelayAsync()
    {
        var delay = await Time.SkipDelayAsync();
        return (await Server.NextAsync(), delay);
    }

    public ValueTask DisposeAsync() => Factory.DisposeAsync();
}
