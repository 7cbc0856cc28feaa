using System.Collections.Concurrent;
using CrMonitor.ApiServer;
using CrMonitor.Informers;
using CrMonitor.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Controllers.Tests;

/// <summary>A host with one controller against an embedded server, by the system's clock unless another one is given.</summary>
internal sealed class OperatorRig : IAsyncDisposable
{
    private readonly List<HttpMessageHandler> _handlers = [];

    private readonly bool _ownsServer;

    private readonly FakeTimeProvider? _clock;

    private OperatorRig(
        EmbeddedApiServer server, bool ownsServer, IHost host, CapturedLog log, ConcurrentQueue<string> paths, FakeTimeProvider? clock)
    {
        Paths = paths;
        _clock = clock;
        _ownsServer = ownsServer;
        Server = server;
        Host = host;
        Log = log;
    }

    public EmbeddedApiServer Server { get; }

    public IHost Host { get; }

    public CapturedLog Log { get; }

    /// <summary>What the host has asked of the server: methods and paths with their queries.</summary>
    public ConcurrentQueue<string> Paths { get; }

    /// <summary>A client beside the host's own.</summary>
    public IKubeClient Client => Host.Services.GetRequiredService<IKubeClient>();

    /// <param name="reconciler">What runs.</param>
    /// <param name="controller">How it runs.</param>
    /// <param name="options">The options of the host.</param>
    /// <param name="services">What the host has besides, and before the controller.</param>
    /// <param name="beside">The server of another host, for a second copy of the operator; by default it gets one of its own.</param>
    /// <param name="time">The clock of the host, and of the server if it gets one of its own.</param>
    public static async Task<OperatorRig> CreateAsync(
        IReconciler<Widget> reconciler,
        Action<ControllerBuilder<Widget>>? controller = null,
        Action<CrMonitorOptions>? options = null,
        Func<CrMonitorBuilder, CrMonitorBuilder>? services = null,
        EmbeddedApiServer? beside = null,
        TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        var server = beside
            ?? await EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions { TimeProvider = time }, TestContext.Current.CancellationToken);
        var handler = server.CreateHandler();
        if (beside is null)
        {
            await WidgetDefinition.InstallAsync(handler, TestContext.Current.CancellationToken);
        }

        var log = new CapturedLog();
        var paths = new ConcurrentQueue<string>();
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "tests" });
        builder.Logging.AddProvider(log).AddFilter("Microsoft", LogLevel.None);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(new DelegatingReconciler(reconciler));
        var crMonitor = builder.Services.AddCrMonitor(o =>
        {
            o.JsonContexts.Add(TestJson.Default);
            o.Transport = _ => new RecordingTransport(new HttpMessageHandlerTransport(new Uri("http://server"), handler), paths);
            options?.Invoke(o);
        });
        (services?.Invoke(crMonitor) ?? crMonitor).AddController<DelegatingReconciler, Widget>(controller);
        builder.Services.AddHealthChecks().AddCrMonitor();
        var rig = new OperatorRig(server, beside is null, builder.Build(), log, paths, time as FakeTimeProvider);
        rig._handlers.Add(handler);
        return rig;
    }

    public async Task<HealthReport> HealthAsync() =>
        await Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);

    public Task ReadyAsync() => Eventually.TrueAsync(
        async () => (await HealthAsync()).Entries["crmonitor-ready"].Status == HealthStatus.Healthy, "the operator is ready");

    /// <summary>Stops the host; where its clock is the test's, the grace time passes meanwhile.</summary>
    public async Task StopAsync()
    {
        var stop = Host.StopAsync(CancellationToken.None);
        if (_clock is not null)
        {
            await Eventually.TrueAsync(_clock, TimeSpan.FromSeconds(1), () => ValueTask.FromResult(stop.IsCompleted), "the host has stopped");
        }

        await stop;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (Host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }

        _handlers.ForEach(handler => handler.Dispose());
        if (_ownsServer)
        {
            await Server.DisposeAsync();
        }
    }

    /// <summary>Lets the test say what reconciles, where the services want a type.</summary>
    internal sealed class DelegatingReconciler(IReconciler<Widget> inner) : IReconciler<Widget>
    {
        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Widget> context, CancellationToken cancellationToken) =>
            inner.ReconcileAsync(context, cancellationToken);
    }
}
