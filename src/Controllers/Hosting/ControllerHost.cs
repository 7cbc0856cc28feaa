using k8s;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>Runs the informers, controllers and the event recorder of a host.</summary>
/// <remarks>
/// Start: informers, then for each controller its sync, then its workers; in the background, so that a server that is gone keeps the host from being
/// ready,
/// not from running. Where a leader is elected, this process becomes a candidate when its first controller is ready to work, and workers wait until
/// it leads.
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
    CrMonitorConfiguration configuration,
    ILogger<ControllerHost> logger) : IHostedService, IControllers, IDisposable
{
    // How long events that were recorded last may take to be written at the end.
    private static readonly TimeSpan EventsEndWithin = TimeSpan.FromSeconds(1);

    // How long it may take to give the lease back at the end.
    private static readonly TimeSpan LeadershipEndsWithin = TimeSpan.FromSeconds(1);

    private readonly LeaderElector? _elector = leadership as LeaderElector;

    // Is cancelled when the host waits no longer: controllers that are being removed have no other time than those that are not.
    private readonly CancellationTokenSource _noMoreGrace = new();

    // _gate guards the fields below. It is held for look-ups and updates alone.
    private readonly Lock _gate = new();
    private readonly Dictionary<Controller, Task> _starts = [];
    private readonly Dictionary<Controller, RunningResources> _resources = []; // of those that were added
    private readonly HashSet<string> _joining = []; // names of controllers that are being added
    private readonly Dictionary<Controller, Task> _leaving = []; // removed, and not yet at rest
    private readonly List<Controller> _abandoned = []; // removed, with runs that do not heed their cancellation
    private volatile IReadOnlyList<Controller> _controllers = [];
    private TaskScheduler? _scheduler; // that of the start; null before it and after the stop

    /// <summary>The controllers; none before the start.</summary>
    public IReadOnlyList<Controller> Controllers => _controllers;

    public IReadOnlyList<string> Names => [.. _controllers.Select(controller => controller.Name)];

    public HostInformers Informers => informers;

    /// <summary>The election; <see langword="null"/> if there is none.</summary>
    public LeaderElector? Elector => _elector;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // What is wrong with the set-up throws here, and the host says so instead of running without a controller.
        informers.KeepRegistered();
        var controllers = registrations.Select(registration => registration.Create(services)).ToList();
        configuration.CheckNames([.. controllers.Select(controller => controller.Name)]);
        configuration.CheckCaches([.. informers.All.Select(informer => informer.Resource.ToString()).Distinct()]);
        controllers.ForEach(controller => controller.Attach());
        controllers.ForEach(controller => controller.CheckIndexes());
        events.Start();
        informers.Start();
        lock (_gate)
        {
            _scheduler = TaskScheduler.Current;
            Show(controllers);
            controllers.ForEach(controller => _starts.Add(controller, StartWorkersAsync(controller)));
        }

        if (controllers.Count == 0)
        {
            _elector?.Start();
        }

        return Task.CompletedTask;
    }

    public string Add<T>(IReconciler<T> reconciler, Action<ControllerBuilder<T>>? configure = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(reconciler);
        var resources = new RunningResources(options);
        try
        {
            return Add(reconciler, configure, resources);
        }
        catch
        {
            resources.TakeBack();
            throw;
        }
    }

    public async Task<bool> RemoveAsync(string name)
    {
        Controller? removed;
        Task? start;
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            removed = _controllers.FirstOrDefault(controller => controller.Name == name);
            if (removed is null)
            {
                return false;
            }

            foreach (var other in _controllers.Where(controller => controller != removed))
            {
                if (other.IndexNeededOf(removed) is { } index)
                {
                    throw new InvalidOperationException(
                        $"Controller '{name}' cannot be removed: controller '{other.Name}' watches by its index '{index}'. "
                        + $"Remove '{other.Name}' first, or have it declare the index.");
                }
            }

            Show([.. _controllers.Where(controller => controller != removed)]);
            _leaving.Add(removed, rest.Task);
            _starts.Remove(removed, out start);
        }

        try
        {
            await StopAsync(removed, start);
        }
        finally
        {
            lock (_gate)
            {
                _leaving.Remove(removed);
                _abandoned.Add(removed);
                _abandoned.RemoveAll(controller => controller.ActiveWorkers == 0);
            }

            rest.SetResult();
        }

        return true;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] starts;
        Task[] leaving;
        lock (_gate)
        {
            _scheduler = null;
            starts = [.. _starts.Values];
            leaving = [.. _leaving.Values];
        }

        // Those that are being removed end with the others.
        await using var patience = cancellationToken.Register(_noMoreGrace.Cancel);
        await Task.WhenAll([
            .. _controllers.Select(controller => controller.StopAsync(options.ShutdownGracePeriod, cancellationToken)),
            .. leaving,
        ]);

        // One that was added just now may not have begun to start: it must not wake what ends next.
        await Task.WhenAll(starts);
        await Task.WhenAll(StopLeadingAsync(), events.StopAsync(EventsEndWithin));
        await informers.StopAsync();
    }

    public void Dispose()
    {
        foreach (var controller in _controllers)
        {
            controller.Dispose();
        }

        _noMoreGrace.Dispose();
    }

    private string Add<T>(IReconciler<T> reconciler, Action<ControllerBuilder<T>>? configure, RunningResources resources)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var settings = new ControllerBuilder<T>(resources);
        configure?.Invoke(settings);
        var name = CrMonitorBuilder.NameOf(settings);
        lock (_gate)
        {
            ThrowIfNotRunningLocked(name);
            if (_controllers.Any(controller => controller.Name == name) || !_joining.Add(name))
            {
                throw CrMonitorBuilder.TwoNamed(name);
            }
        }

        Controller? added = null;
        try
        {
            added = CrMonitorBuilder.Create(services, name, settings, reconciler);
            added.Attach();
            Join(added, resources);
            return name;
        }
        catch when (added is not null)
        {
            // Nothing of it has run. The names of its indexes are free when the caller hears of it.
            added.RemoveIndexes();
            _ = StopAsync(added, start: null);
            lock (_gate)
            {
                // If the host has stopped meanwhile, all else follows from that.
                ThrowIfNotRunningLocked(name);
            }

            throw;
        }
        finally
        {
            lock (_gate)
            {
                _joining.Remove(name);
            }
        }
    }

    private void Join(Controller added, RunningResources resources)
    {
        lock (_gate)
        {
            var scheduler = ThrowIfNotRunningLocked(added.Name);
            foreach (var leaving in _leaving.Keys)
            {
                if (added.IndexNeededOf(leaving) is { } index)
                {
                    throw new InvalidOperationException(
                        $"Controller '{added.Name}' cannot be added: it watches by the index '{index}' of controller '{leaving.Name}', which is being "
                        + "removed. Declare the index anew.");
                }
            }

            added.CheckIndexes();
            Show([.. _controllers, added]);
            _resources.Add(added, resources);

            // On the scheduler of the host, whoever calls.
            _starts.Add(added, Task.Factory.StartNew(
                () =>
                {
                    informers.Start();
                    return StartWorkersAsync(added);
                },
                CancellationToken.None,
                TaskCreationOptions.None,
                scheduler).Unwrap());
        }
    }

    private TaskScheduler ThrowIfNotRunningLocked(string name) => _scheduler ?? throw new InvalidOperationException(
        $"Controller '{name}' cannot be added: the host does not run. Add it after the start, or with AddController when the host is built.");

    private void Show(IReadOnlyList<Controller> controllers)
    {
        _controllers = controllers;
        instruments.Observe(controllers);
    }

    private async Task StopAsync(Controller controller, Task? start)
    {
        await controller.StopAsync(options.ShutdownGracePeriod, _noMoreGrace.Token);
        if (start is not null)
        {
            await start;
        }

        controller.Dispose();
        RunningResources? resources;
        lock (_gate)
        {
            _resources.Remove(controller, out resources);
        }

        resources?.TakeBack();
    }

    // Not while anything runs that did not heed its cancellation: it might still write by ways of its own, when another process leads already.
    private Task StopLeadingAsync()
    {
        if (_elector is null)
        {
            return Task.CompletedTask;
        }

        bool nothingRuns;
        lock (_gate)
        {
            nothingRuns = _controllers.Concat(_leaving.Keys).Concat(_abandoned).All(controller => controller.ActiveWorkers == 0);
        }

        return _elector.StopAsync(nothingRuns, LeadershipEndsWithin);
    }

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
