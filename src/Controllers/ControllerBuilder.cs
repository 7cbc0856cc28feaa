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
    private readonly IResourceRegistry _resources;

    internal ControllerBuilder(IResourceRegistry resources) => _resources = resources;

    internal string? Name { get; private set; }

    internal KubeResource<T>? Resource { get; private set; }

    internal CacheScope? Scope { get; private set; }

    internal bool IsClusterScoped { get; private set; }

    internal int Workers { get; private set; } = 1;

    internal TimeSpan? ReconcileTimeout { get; private set; }

    internal Func<TimeProvider, IRateLimiter<ObjectKey>> Limiter { get; private set; } =
        time => new ExponentialRateLimiter<ObjectKey>(maxDelay: TimeSpan.FromMinutes(5), timeProvider: time);

    internal Changed? WakingChanges { get; private set; }

    internal List<Func<ResourceChange<T>, bool>> Filters { get; } = [];

    internal List<WatchSource> Sources { get; } = [];

    internal List<Func<IServiceProvider, CancellationToken, IAsyncEnumerable<ObjectKey>>> KeySources { get; } = [];

    internal Dictionary<string, Func<T, IEnumerable<string>>> Indexes { get; } = [];

    internal ReconcileOrder ReconcileOrder { get; private set; } = ReconcileOrder.Priority;

    internal TimeSpan? ResyncPeriod { get; private set; }

    /// <summary>Says which resource the objects are, and which of them are reconciled.</summary>
    /// <param name="resource">
    /// With which contract they are read and written. Not needed for KubernetesClient's models and for types in
    /// <see cref="CrMonitorOptions.JsonContexts"/>. Of <see cref="DynamicObject"/> and <see cref="PartialObjectMetadata"/>, which may be of any
    /// resource, it says the one: to the context's client, the type stands for that.
    /// </param>
    /// <param name="scope">
    /// Namespaces and selectors, if they are others than the options name for the kind. To the controller, an object that leaves them is deleted.
    /// </param>
    public ControllerBuilder<T> For(KubeResource<T>? resource = null, CacheScope? scope = null)
    {
        if (resource is not null)
        {
            _resources.AddResource(resource);
            Resource = resource;
        }

        Scope = scope ?? Scope;
        return this;
    }

    /// <summary>The objects have no namespace.</summary>
    public ControllerBuilder<T> ClusterScoped()
    {
        IsClusterScoped = true;
        return this;
    }

    /// <summary>
    /// Runs for an object when something changes of a <typeparamref name="TOwned"/> whose controller it is (by owner reference, in whatever version
    /// of the kind), or was until now.
    /// </summary>
    /// <param name="resource">The resource of the owned objects, if their type is not known otherwise or stands for any.</param>
    /// <param name="anyOwner">
    /// Run also for owners that are not the controller (<c>controller: true</c>) of the object. They are not by default.
    /// </param>
    /// <param name="scope">Which of the objects, if others than the options name for their kind.</param>
    /// <param name="when">Which updates of them; when they come, go, or get another owner, it runs in any case.</param>
    /// <param name="filter">Of the changes that <paramref name="when"/> lets through, those for which it returns true; as with <see cref="When(Func{ResourceChange{T}, bool})"/>.</param>
    public ControllerBuilder<T> Owns<TOwned>(
        KubeResource<TOwned>? resource = null,
        bool anyOwner = false,
        CacheScope? scope = null,
        Changed when = Changed.Anything,
        Func<ResourceChange<TOwned>, bool>? filter = null)
        where TOwned : class, IKubernetesObject<V1ObjectMeta>
    {
        _resources.AddInformer(resource, scope);
        Sources.Add(new OwnedSource<TOwned>(new WatchedObjects<TOwned>(resource, scope, when | Changed.OwnerReferences, filter), anyOwner));
        return this;
    }

    /// <summary>
    /// Runs for the objects to which <paramref name="map"/> relates a <typeparamref name="TOther"/> when something of that changes.
    /// </summary>
    /// <param name="map">
    /// The keys of the objects that depend on it, with the services of the host at hand (listers, above all). Called for what it was and for what it
    /// is; quick, and from one thread at a time.
    /// </param>
    /// <param name="resource">The resource of the watched objects, if their type is not known otherwise or stands for any.</param>
    /// <param name="scope">Which of the objects, if others than the options name for their kind.</param>
    /// <param name="when">Which updates of them; when they come or go, it runs in any case.</param>
    /// <param name="filter">Of the changes that <paramref name="when"/> lets through, those for which it returns true; as with <see cref="When(Func{ResourceChange{T}, bool})"/>.</param>
    public ControllerBuilder<T> Watches<TOther>(
        Func<TOther, IServiceProvider, IEnumerable<ObjectKey>> map,
        KubeResource<TOther>? resource = null,
        CacheScope? scope = null,
        Changed when = Changed.Anything,
        Func<ResourceChange<TOther>, bool>? filter = null)
        where TOther : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(map);
        _resources.AddInformer(resource, scope);
        Sources.Add(new MappedSource<TOther>(new WatchedObjects<TOther>(resource, scope, when, filter), map));
        return this;
    }

    /// <summary>
    /// Runs for the objects that <paramref name="index"/> finds under the key (<c>namespace/name</c>) of a <typeparamref name="TOther"/> when
    /// something of that changes.
    /// </summary>
    /// <param name="index">An index of the reconciled objects, from <see cref="Index"/>. One that does not exist fails the start.</param>
    /// <param name="resource">The resource of the watched objects, if their type is not known otherwise or stands for any.</param>
    /// <param name="scope">Which of the objects, if others than the options name for their kind.</param>
    /// <param name="when">Which updates of them; when they come or go, it runs in any case.</param>
    /// <param name="filter">Of the changes that <paramref name="when"/> lets through, those for which it returns true; as with <see cref="When(Func{ResourceChange{T}, bool})"/>.</param>
    public ControllerBuilder<T> WatchesByIndex<TOther>(
        string index,
        KubeResource<TOther>? resource = null,
        CacheScope? scope = null,
        Changed when = Changed.Anything,
        Func<ResourceChange<TOther>, bool>? filter = null)
        where TOther : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(index);
        _resources.AddInformer(resource, scope);
        Sources.Add(new IndexedSource<TOther>(new WatchedObjects<TOther>(resource, scope, when, filter), index));
        return this;
    }

    /// <summary>Runs for the keys that a source of the program's own yields: a webhook, a queue, a poll of another system.</summary>
    /// <param name="keys">
    /// Makes the source, with the services of the host. It is read from the time at which the caches have synced until its token is cancelled, which
    /// it must heed. Where it
    /// ends, that is the end; where it throws, that is logged, and ten seconds later it is made anew. For a channel:
    /// <c>(_, cancellationToken) => channel.Reader.ReadAllAsync(cancellationToken)</c>.
    /// </param>
    public ControllerBuilder<T> Triggers(Func<IServiceProvider, CancellationToken, IAsyncEnumerable<ObjectKey>> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        KeySources.Add(keys);
        return this;
    }

    /// <summary>
    /// Adds an index to the cache of the reconciled objects, for <see cref="ILister{T}.ByIndex"/> and <see cref="WatchesByIndex{TOther}"/>.
    /// </summary>
    /// <param name="name">Its name. Controllers of one kind share their indexes; each is declared once.</param>
    /// <param name="values">Under which values an object is found. It must depend on the object alone.</param>
    public ControllerBuilder<T> Index(string name, Func<T, IEnumerable<string>> values)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(values);
        if (!Indexes.TryAdd(name, values))
        {
            throw new InvalidOperationException($"There are two indexes named '{name}'. Give one of them another name.");
        }

        return this;
    }

    /// <summary>Which of the waiting objects comes next.</summary>
    /// <value><see cref="ReconcileOrder.Priority"/> by default, as with controller-runtime.</value>
    public ControllerBuilder<T> Order(ReconcileOrder order)
    {
        if (!Enum.IsDefined(order))
        {
            throw new ArgumentOutOfRangeException(nameof(order), order, "It is none of the orders that there are.");
        }

        ReconcileOrder = order;
        return this;
    }

    /// <summary>Runs for every object again after this time, lengthened at random by up to a tenth, whether it changed or not.</summary>
    /// <remarks>The server is not asked. For controllers that look after something outside of the cluster; others need it not.</remarks>
    /// <value>Never by default; one second at least, and 44 days at most.</value>
    public ControllerBuilder<T> Resync(TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(period, TimerLimit.Longest);
        ResyncPeriod = period;
        return this;
    }

    /// <summary>Which changes of the object itself start a run.</summary>
    /// <remarks>
    /// <see cref="Changed.Anything"/> by default. Most controllers want <c>Generation | Labels | Deletion</c>: then their own status writes do not
    /// wake them.
    /// </remarks>
    /// <exception cref="InvalidOperationException">It was said before.</exception>
    public ControllerBuilder<T> When(Changed changes)
    {
        if (WakingChanges is { } before)
        {
            throw new InvalidOperationException(
                $"Which changes start a run is said twice: {before}, and {changes}. Say it once; flags are combined with |.");
        }

        WakingChanges = changes;
        return this;
    }

    /// <summary>
    /// Of the changes that <see cref="When(Changed)"/> lets through, only those start a run for which <paramref name="filter"/> returns true: of
    /// several such functions, all.
    /// </summary>
    /// <remarks>Here creation and deletion are asked about too. An exception lets the change through and is logged.</remarks>
    public ControllerBuilder<T> When(Func<ResourceChange<T>, bool> filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Filters.Add(filter);
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

    /// <summary>
    /// How long to wait before the next run after one that failed or asked to be requeued: from <paramref name="first"/>, doubling, to
    /// <paramref name="longest"/>, which is 44 days at most.
    /// </summary>
    public ControllerBuilder<T> Retry(TimeSpan first, TimeSpan longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(first, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(longest, TimerLimit.Longest);
        return Retry(time => new ExponentialRateLimiter<ObjectKey>(first, longest, timeProvider: time));
    }

    /// <summary>Cancels the token of a run after this time. The run then counts as failed, with a count of its own for timeouts.</summary>
    /// <value>No timeout by default; 44 days at most.</value>
    public ControllerBuilder<T> Timeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimerLimit.Longest);
        ReconcileTimeout = timeout;
        return this;
    }
}
