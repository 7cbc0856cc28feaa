using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>A controller, whatever it reconciles: what the host, health and metrics need of it.</summary>
internal abstract class Controller(string name, KubeResource resource, int concurrency) : IDisposable
{
    public string Name { get; } = name;

    public KubeResource Resource { get; } = resource;

    public int Concurrency { get; } = concurrency;

    public KeyValuePair<string, object?> NameTag { get; } = new("controller", name);

    public abstract int ActiveWorkers { get; }

    /// <summary>All handlers have been told the first list, and the workers run.</summary>
    public abstract bool IsWorking { get; }

    /// <summary>Workers that ended although nobody stopped them: always 0, unless there is a mistake in this library.</summary>
    public abstract int LostWorkers { get; }

    public abstract IReadOnlyList<BusyWorker> BusyWorkers();

    /// <summary>Adds the handlers to the informers. Nothing runs yet.</summary>
    public abstract void Attach();

    /// <summary>Waits until everything that wakes the controller has been told its first list, then starts the workers.</summary>
    public abstract Task StartWorkersAsync();

    /// <summary>Takes no more work, waits for running reconciles, cancels them after the grace time, and returns when they have ended or refuse to.</summary>
    public abstract Task StopAsync(TimeSpan gracePeriod);

    public abstract void Dispose();
}
