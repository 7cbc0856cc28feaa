using CrMonitor.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Controllers.Tests;

/// <summary>One controller over fake informers and a fake clock.</summary>
internal sealed class ControllerRig : IAsyncDisposable
{
    private bool _isStopped;

    public ControllerRig(
        FakeReconciler? reconciler = null,
        Action<ControllerBuilder<Widget>>? configure = null,
        ILeadership? leadership = null,
        FakeInformers? informers = null)
    {
        Informers = informers ?? new FakeInformers();
        Reconciler = reconciler ?? new FakeReconciler();
        var settings = new ControllerBuilder<Widget>(new CrMonitorBuilder(new ServiceCollection()));
        configure?.Invoke(settings);
        Controller = new Controller<Widget>(
            settings.Name ?? "widget",
            settings,
            Reconciler,
            Informers,
            new ServiceCollection().BuildServiceProvider(),
            Server.Kube(Instruments),
            leadership ?? new UncontestedLeadership(),
            Instruments,
            new CrMonitorOptions(),
            null,
            Time,
            LoggerFactory.Create(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Trace)));
        Controller.Attach();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public FakeInformers Informers { get; }

    public FakeServer Server { get; } = new();

    public ControllerInstruments Instruments { get; } = new(null);

    public CapturedLog Log { get; } = new();

    public FakeReconciler Reconciler { get; }

    public Controller<Widget> Controller { get; }

    /// <summary>Syncs all informers and starts the workers.</summary>
    public async Task StartAsync()
    {
        Informers.Widgets.Sync();
        Informers.Deployments.Sync();
        await Controller.StartWorkersAsync();
    }

    /// <summary>Waits until nothing is ready and nothing runs; what waits for its time may stay.</summary>
    public Task IdleAsync() => Eventually.TrueAsync(
        () => Controller.Queue is { Ready.Count: 0, Processing.Count: 0 }, "the controller has nothing to do");

    public async Task StopAsync(TimeSpan? gracePeriod = null, CancellationToken noMoreGrace = default)
    {
        _isStopped = true;
        await Controller.StopAsync(gracePeriod ?? TimeSpan.FromSeconds(3), noMoreGrace);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped)
        {
            // What still runs is cancelled at once: a clock that nobody advances would wait for ever.
            await StopAsync(TimeSpan.Zero);
        }

        Controller.Dispose();
        Instruments.Dispose();
        Server.Dispose();
    }
}
