using CrMonitor.Informers;
using CrMonitor.WorkQueue;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Describes one controller: what wakes it, and how it runs.</summary>
/// <typeparam name="T">The kind of object that it reconciles.</typeparam>
public sealed class ControllerBuilder<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly CrMonitorBuilder _builder;

    internal ControllerBuilder(CrMonitorBuilder builder) => _builder = builder;

    internal string? Name { get; private set; }

    internal KubeResource? Resource { get; private set; }

    internal bool IsClusterScoped { get; private set; }

    internal int Workers { get; private set; } = 1;

    internal TimeSpan? ReconcileTimeout { get; private set; }

    internal Func<TimeProvider, IRateLimiter<ObjectKey>> Limiter { get; private set; } =
        time => new ExponentialRateLimiter<ObjectKey>(maxDelay: TimeSpan.FromMinutes(5), timeProvider: time);

    internal Changed WakingChanges { get; private set; } = Changed.Anything;

    internal Func<ResourceChange<T>, bool>? Filter { get; private set; }

    internal List<WatchSource> Sources { get; } = [];

    /// <summary>Says which resource the objects are, and with which contract they are read and written.</summary>
    /// <remarks>Not needed for KubernetesClient's models and for types in <see cref="CrMonitorOptions.JsonContexts"/>.</remarks>
    public ControllerBuilder<T> For(KubeResource<T> resource)
    {
        _builder.AddResource(resource);
        Resource = resource;
        return this;
    }

    /// <summary>The objects have no namespace.</summary>
    public ControllerBuilder<T> ClusterScoped()
    {
        IsClusterScoped = true;
        return this;
    }

    /// <summary>
    /// Runs for an object when something changes of a <typeparamref name="TOwned"/> whose controller it is (by owner reference, in whatever version of the
    /// kind), or was until now.
    /// </summary>
    /// <param name="resource">The resource of the owned objects, if their type is not known otherwise.</param>
    public ControllerBuilder<T> Owns<TOwned>(KubeResource<TOwned>? resource = null)
        where TOwned : class, IKubernetesObject<V1ObjectMeta>
    {
        _builder.AddInformer(resource);
        Sources.Add(new OwnedSource<TOwned>());
        return this;
    }

    /// <summary>Runs for the objects to which <paramref name="map"/> relates a <typeparamref name="TOther"/> when something of that changes.</summary>
    /// <param name="map">
    /// The keys of the objects that depend on it, with the services of the host at hand (listers, above all). Called for what it was and for what it is; quick,
    /// and from one thread at a time.
    /// </param>
    /// <param name="resource">The resource of the watched objects, if their type is not known otherwise.</param>
    public ControllerBuilder<T> Watches<TOther>(Func<TOther, IServiceProvider, IEnumerable<ObjectKey>> map, KubeResource<TOther>? resource = null)
        where TOther : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(map);
        _builder.AddInformer(resource);
        Sources.Add(new MappedSource<TOther>(map));
        return this;
    }

    /// <summary>Which changes of the object itself start a run.</summary>
    /// <remarks>
    /// <see cref="Changed.Anything"/> by default. Most controllers want <c>Generation | Labels | Deletion</c>: then their own status writes do not wake them.
    /// </remarks>
    public ControllerBuilder<T> When(Changed changes)
    {
        WakingChanges = changes;
        return this;
    }

    /// <summary>Of the changes that <see cref="When(Changed)"/> lets through, only those start a run for which <paramref name="filter"/> returns true.</summary>
    /// <remarks>Here creation and deletion are asked about too. An exception lets the change through and is logged.</remarks>
    public ControllerBuilder<T> When(Func<ResourceChange<T>, bool> filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Filter = filter;
        return this;
    }

    /// <summary>How many objects are reconciled at a time; one object never more than once.</summary>
    /// <value>1 by default.</value>
    public ControllerBuilder<T> Concurrency(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workers);
        Workers = workers;
        return this;
    }

    /// <summary>The controller's name in logs, metrics and traces. It must be unique in the host.</summary>
    /// <value>The kind in lower case by default.</value>
    public ControllerBuilder<T> Named(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        return this;
    }

    /// <summary>How long to wait before the next run after one that failed or asked to be requeued.</summary>
    /// <value>By default from 5 ms, doubling, to 5 minutes; for ever.</value>
    public ControllerBuilder<T> Retry(Func<TimeProvider, IRateLimiter<ObjectKey>> limiter)
    {
        ArgumentNullException.ThrowIfNull(limiter);
        Limiter = limiter;
        return this;
    }

    /// <summary>How long to wait before the next run after one that failed or asked to be requeued: from <paramref name="first"/>, doubling, to <paramref name="longest"/>.</summary>
    public ControllerBuilder<T> Retry(TimeSpan first, TimeSpan longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(first, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, first);
        return Retry(time => new ExponentialRateLimiter<ObjectKey>(first, longest, timeProvider: time));
    }

    /// <summary>Cancels the token of a run after this time. The run then counts as failed, with a count of its own for timeouts.</summary>
    /// <value>No timeout by default.</value>
    public ControllerBuilder<T> Timeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ReconcileTimeout = timeout;
        return this;
    }
}
