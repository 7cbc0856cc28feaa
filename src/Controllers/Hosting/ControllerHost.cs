using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>Runs the informers, controllers and the event recorder of a host.</summary>
/// <remarks>
/// Start: informers, then for each controller its sync, then its workers; in the background, so that a server that is gone keeps the host from being ready,
/// not from running. Where a leader is elected, this process becomes a candidate when its first controller is ready to work, and workers wait until it leads.
/// Stop: no more work is taken; what runs is cancelled after the grace time; then the lease is given back, events are flushed and the informers end.
/// </remarks>
internal sealed partial class ControllerHost(
    IServiceProvider services,
    IEnumerable<Registration> registrations,
    HostInformers informers,
    ILeadership leadership,
    EventRecorder events,
    ControllerInstruments instruments,
    CrMonitorOptions options,
    ILogger<ControllerHost> logger) : IHostedService, IDisposable
{
    // How long events that were recorded last may take to be written at the end.
    private static readonly TimeSpan EventsEndWithin = TimeSpan.FromSeconds(1);

    // How long it may take to give the lease back at the end.
    private static readonly TimeSpan LeadershipEndsWithin = TimeSpan.FromSeconds(1);

    private readonly LeaderElector? _elector = leadership as LeaderElector;
    private volatile IReadOnlyList<Controller> _controllers = [];
    private Task _starts = Task.CompletedTask;

    /// <summary>The controllers; none before the start.</summary>
    public IReadOnlyList<Controller> Controllers => _controllers;

    public HostInformers Informers => informers;

    /// <summary>The election; <see langword="null"/> if there is none.</summary>
    public LeaderElector? Elector => _elector;

    public TimeSpan StuckAfter => options.StuckAfter;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // What is wrong with the set-up throws here, and the host says so instead of running without a controller.
        var controllers = registrations.Select(registration => registration.Create(services)).OfType<Controller>().ToList();
        foreach (var controller in controllers)
        {
            controller.Attach();
        }

        _controllers = controllers;
        instruments.Observe(controllers);
        events.Start();
        informers.Start();
        if (controllers.Count == 0)
        {
            _elector?.Start();
        }

        _starts = Task.WhenAll(controllers.Select(StartWorkersAsync));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_controllers.Select(controller => controller.StopAsync(options.ShutdownGracePeriod)));
        await Task.WhenAll(StopLeadingAsync(), events.StopAsync(EventsEndWithin));
        await informers.StopAsync();
        await _starts;
    }

    public void Dispose()
    {
        foreach (var controller in _controllers)
        {
            controller.Dispose();
        }
    }

    // Not while anything runs that did not heed its cancellation: it might still write by ways of its own, when another process leads already.
    private Task StopLeadingAsync() =>
        _elector?.StopAsync(release: _controllers.All(controller => controller.ActiveWorkers == 0), LeadershipEndsWithin) ?? Task.CompletedTask;

    private async Task StartWorkersAsync(Controller controller)
    {
        try
        {
            await controller.StartWorkersAsync();
            if (controller.IsWorking)
            {
                _elector?.Start();
            }
        }
        catch (Exception e)
        {
            // Nothing that a user can do should lead here. The process stays not ready.
            LogNotStarted(e, controller.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "Controller {Controller} could not start its workers; the process stays not ready")]
    private partial void LogNotStarted(Exception exception, string controller);
}
