using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Hands out informers: one for each resource and scope, however many ask for it.</summary>
/// <remarks>
/// Guarantees: an informer of the same resource, type and scope is the same instance; after <see cref="StopAsync"/> nothing of them runs.
/// Informers run on the task scheduler (or synchronization context) that <see cref="Start"/> is called on.
/// All members may be called from any thread.
/// </remarks>
public sealed class SharedInformerFactory : IAsyncDisposable
{
    private readonly IKubeTransport _transport;
    private readonly SharedInformerFactoryOptions _options;

    // _gate guards the fields below; it is held for look-ups alone.
    private readonly Lock _gate = new();
    private readonly Dictionary<(KubeResource Resource, Type Type, InformerScope Scope), ISharedInformer> _informers = [];
    private bool _stopped;

    /// <summary>Creates a factory over <paramref name="transport"/>, which stays the caller's.</summary>
    public SharedInformerFactory(IKubeTransport transport, SharedInformerFactoryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _transport = transport;
        _options = options ?? new SharedInformerFactoryOptions();
    }

    /// <summary>The informers that were asked for so far.</summary>
    public IReadOnlyList<ISharedInformer> Informers
    {
        get
        {
            lock (_gate)
            {
                return [.. _informers.Values];
            }
        }
    }

    /// <summary>The informer of <paramref name="resource"/> within <paramref name="scope"/> (all objects unless said otherwise). A new one is not started.</summary>
    /// <exception cref="ObjectDisposedException">The factory was stopped.</exception>
    public ISharedInformer<T> Informer<T>(KubeResource<T> resource, InformerScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        var within = scope ?? InformerScope.All;
        // By what the server is asked for: two contracts for the same type are no reason to watch twice.
        var key = (new KubeResource(resource.Group, resource.Version, resource.Plural, resource.Kind), typeof(T), within);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (!_informers.TryGetValue(key, out var informer))
            {
                informer = new SharedInformer<T>(resource, within, _transport, _options);
                _informers.Add(key, informer);
            }

            return (ISharedInformer<T>)informer;
        }
    }

    /// <summary>Starts, on the current task scheduler, the informers that have not been started. May be called again after more were asked for.</summary>
    /// <exception cref="ObjectDisposedException">The factory was stopped.</exception>
    public void Start()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
        }

        foreach (var informer in Informers)
        {
            informer.Start();
        }
    }

    /// <summary>Completes when all informers have synced.</summary>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled, or the factory was stopped. The message names each informer that is late, and its last failure.
    /// </exception>
    public async Task WaitForSyncAsync(CancellationToken cancellationToken = default)
    {
        var informers = Informers;
        try
        {
            foreach (var informer in informers)
            {
                await informer.WaitForSyncAsync(cancellationToken);
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
        lock (_gate)
        {
            _stopped = true;
        }

        await Task.WhenAll(Informers.Select(informer => informer.StopAsync()));
    }

    /// <inheritdoc cref="StopAsync"/>
    public async ValueTask DisposeAsync() => await StopAsync();
}
