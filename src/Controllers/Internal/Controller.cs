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

    /// <summary>From when on a run counts as hanging.</summary>
    public abstract TimeSpan HangingAfter { get; }

    public abstract IReadOnlyList<BusyWorker> BusyWorkers();

    /// <summary>Runs that take longer than they should.</summary>
    public IEnumerable<BusyWorker> HangingWorkers() => BusyWorkers().Where(worker => worker.For >= HangingAfter);

    /// <summary>
    /// Handlers (maps and filters, that is) that have been in one call for longer than a run without a timeout may take: what they wait to be told
    /// wakes nobody.
    /// </summary>
    public abstract IReadOnlyList<BusyHandler> HangingHandlers();

    /// <summary>Which caches the controller waits for, and why they are late, for people; none if it does not wait.</summary>
    public abstract IReadOnlyList<string> LateSources();

    /// <summary>Adds the handlers and indexes to the informers. Nothing runs yet.</summary>
    public abstract void Attach();

    /// <summary>Throws if an index is asked for that no controller of the kind has declared.</summary>
    public abstract void CheckIndexes();

    /// <summary>Waits until everything that wakes the controller has been told its first list, then starts the workers.</summary>
    public abstract Task StartWorkersAsync();

    /// <summary>The indexes that it adds to the cache of its kind.</summary>
    public abstract IReadOnlyCollection<string> Indexes { get; }

    /// <summary>Asks an index of <paramref name="other"/>, which is gone when that is removed.</summary>
    public abstract string? IndexNeededOf(Controller other);

    /// <summary>Takes its indexes out of the cache of its kind.</summary>
    public abstract void RemoveIndexes();

    /// <summary>
    /// Takes its handlers off the informers, takes no more work, waits for running reconciles and calls of handlers, cancels the former after the
    /// grace time, and returns when they have ended or refuse to. Then its indexes and its parts in informers go.
    /// </summary>
    /// <param name="gracePeriod">How long they may go on.</param>
    /// <param name="noMoreGrace">Ends the grace time before it is over.</param>
    public abstract Task StopAsync(TimeSpan gracePeriod, CancellationToken noMoreGrace);

    public abstract void Dispose();
}
