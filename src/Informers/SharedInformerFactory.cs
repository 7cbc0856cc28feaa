using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Hands out informers: one for each resource and scope, however many ask for it.</summary>
/// <remarks>
/// Guarantees: an informer of the same resource, type and scope is the same instance as long as it is not stopped; after <see cref="StopAsync"/>
/// nothing of them runs.
/// Informers run on the task scheduler (or synchronization context) that <see cref="Start"/> is called on.
/// All members may be called from any thread.
/// </remarks>
public sealed class SharedInformerFactory : IAsyncDisposable
{
    private readonly IKubeTransport _transport;
    private readonly SharedInformerFactoryOptions _options;

    // _gate guards the fields below; it is held for look-ups alone.
    private readonly Lock _gate = new();
    private readonly Dictionary<InformerKey, Entry> _informers = [];
    private readonly HashSet<ISharedInformer> _stopping = [];   // stopped one by one, and not yet at rest
    private bool _stopped;

    /// <summary>Creates a factory over <paramref name="transport"/>, which stays the caller's.</summary>
    public SharedInformerFactory(IKubeTransport transport, SharedInformerFactoryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _transport = transport;
        _options = options ?? new SharedInformerFactoryOptions();
    }

    /// <summary>The informers that were asked for so far, without those that were stopped one by one.</summary>
    public IReadOnlyList<ISharedInformer> Informers
    {
        get
        {
            lock (_gate)
            {
                return [.. _informers.Values.Select(entry => entry.Informer)];
            }
        }
    }

    /// <summary>
    /// The informer of <paramref name="resource"/> within <paramref name="scope"/> (all objects unless said otherwise). A new one is not started.
    /// </summary>
    /// <remarks>
    /// It lives until it or the factory is stopped, whatever leases there are besides. After its stop, this call creates a new one.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The factory was stopped.</exception>
    public ISharedInformer<T> Informer<T>(KubeResource<T> resource, InformerScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_gate)
        {
            var (_, entry) = EntryLocked(resource, scope);
            entry.IsKept = true;
            return (ISharedInformer<T>)entry.Informer;
        }
    }

    /// <summary>The informer of <paramref name="resource"/> within <paramref name="scope"/> that somebody has asked for; <see langword="null"/> if nobody has.</summary>
    public ISharedInformer<T>? Find<T>(KubeResource<T> resource, InformerScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        lock (_gate)
        {
            return _informers.TryGetValue(KeyOf(resource, scope), out var entry) ? (ISharedInformer<T>)entry.Informer : null;
        }
    }

    /// <summary>Takes part in the informer of <paramref name="resource"/> within <paramref name="scope"/> for as long as the lease lasts.</summary>
    /// <remarks>
    /// Leases of one resource, type and scope share one informer. Disposing the last of them stops it, unless it was also asked for by
    /// <see cref="Informer"/>; who
    /// leases it later gets a new one. A new informer is not started: add indexes and handlers, and then start it by
    /// <see cref="ISharedInformer.Start"/>, which does
    /// nothing if it runs already.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The factory was stopped.</exception>
    public InformerLease<T> Lease<T>(KubeResource<T> resource, InformerScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_gate)
        {
            var (key, entry) = EntryLocked(resource, scope);
            entry.Leases++;
            return new InformerLease<T>((ISharedInformer<T>)entry.Informer, () => ReleaseAsync(key, entry));
        }
    }

    /// <summary>
    /// Starts, on the current task scheduler, the informers that have not been started. May be called again after more were asked for.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The factory was stopped.</exception>
    public void Start()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
        }

        foreach (var informer in Informers)
        {
            try
            {
                informer.Start();
            }
            catch (ObjectDisposedException)
            {
                // Stopped since it was looked up: there is nothing to start.
            }
        }
    }

    /// <summary>Completes when all informers have synced.</summary>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled, or the factory was stopped. The message names each informer that is late, and its last
    /// failure.
    /// </exception>
    public async Task WaitForSyncAsync(CancellationToken cancellationToken = default)
    {
        var informers = Informers;
        try
        {
            foreach (var informer in informers)
            {
                await WaitForSyncAsync(informer, cancellationToken);
            }
        }
        catch (OperationCanceledException e)
        {
            var late = informers.Where(informer => !informer.HasSynced).Select(informer => ((IObservedInformer)informer).DescribeLate());
            throw new OperationCanceledException($"{string.Join("; ", late)}.", e, e.CancellationToken);
        }
    }

    /// <summary>Stops all informers for good. A second call waits as the first one does.</summary>
    public async Task StopAsync()
    {
        ISharedInformer[] all;
        lock (_gate)
        {
            _stopped = true;
            all = [.. _informers.Values.Select(entry => entry.Informer), .. _stopping];
        }

        await Task.WhenAll(all.Select(informer => informer.StopAsync()));
    }

    /// <inheritdoc cref="StopAsync"/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task WaitForSyncAsync(ISharedInformer informer, CancellationToken cancellationToken)
    {
        try
        {
            await informer.WaitForSyncAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && !Informers.Contains(informer))
        {
            // It was stopped by itself, and is none of the factory's any more: nobody is to wait for it.
        }
    }

    private (InformerKey Key, Entry Entry) EntryLocked<T>(KubeResource<T> resource, InformerScope? scope)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        ObjectDisposedException.ThrowIf(_stopped, this);
        // By what the server is asked for: two contracts for the same type are no reason to watch twice.
        var plain = new KubeResource(resource.Group, resource.Version, resource.Plural, resource.Kind);
        var key = new InformerKey(plain, typeof(T), scope ?? InformerScope.All);
        if (!_informers.TryGetValue(key, out var entry))
        {
            var informer = new SharedInformer<T>(
                resource, key.Scope, _transport, _options, stopBegun: stopped => StopBegun(key, stopped), stopEnded: StopEnded);
            entry = new Entry(informer);
            _informers.Add(key, entry);
        }

        return (key, entry);
    }

    // By what the server is asked for: two contracts for the same type are no reason to watch twice.
    private static InformerKey KeyOf<T>(KubeResource<T> resource, InformerScope? scope)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        new(new KubeResource(resource.Group, resource.Version, resource.Plural, resource.Kind), typeof(T), scope ?? InformerScope.All);

    private Task ReleaseAsync(InformerKey key, Entry entry)
    {
        lock (_gate)
        {
            entry.Leases--;
            if (entry.IsKept || entry.Leases > 0)
            {
                return Task.CompletedTask;
            }

            // In the same step, so that nobody gets an informer that is about to stop.
            DetachLocked(key, entry.Informer);
        }

        return entry.Informer.StopAsync();
    }

    private void StopBegun(InformerKey key, ISharedInformer informer)
    {
        lock (_gate)
        {
            DetachLocked(key, informer);
        }
    }

    // A stopped factory goes on to show the informers that it had.
    private void DetachLocked(InformerKey key, ISharedInformer informer)
    {
        if (!_stopped && _informers.TryGetValue(key, out var entry) && entry.Informer == informer)
        {
            _informers.Remove(key);
            _stopping.Add(informer);
        }
    }

    private void StopEnded(ISharedInformer informer)
    {
        lock (_gate)
        {
            _stopping.Remove(informer);
        }
    }

    private readonly record struct InformerKey(KubeResource Resource, Type Type, InformerScope Scope);

    /// <summary>An informer and who holds it. The fields are guarded by the factory's gate.</summary>
    private sealed class Entry(ISharedInformer informer)
    {
        public ISharedInformer Informer => informer;

        /// <summary>Somebody holds it for as long as the factory lives.</summary>
        public bool IsKept { get; set; }

        public int Leases { get; set; }
    }
}
