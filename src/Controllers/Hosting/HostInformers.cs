using CrMonitor.Informers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>The informers of a host: one for each type and scope.</summary>
internal sealed partial class HostInformers : IInformers, IAsyncDisposable
{
    // How long they may take to end. Nothing but code of users (handlers, index functions, transforms) takes longer.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(1);

    private readonly SharedInformerFactory _factory;
    private readonly CrMonitorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    // _gate guards the fields below. It is held for look-ups, and while informers are made and started.
    private readonly Lock _gate = new();

    // Which scopes are asked for, of each type, that of the kind itself first; with how many times.
    private readonly Dictionary<Type, List<(InformerScope Scope, int Uses)>> _scopes = [];
    private Task? _stop;

    public HostInformers(IKubeTransport transport, CrMonitorOptions options, TimeProvider time, ILoggerFactory loggerFactory)
    {
        _factory = new SharedInformerFactory(transport, new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            LoggerFactory = loggerFactory,
            Transform = options.Transform,
        });
        _options = options;
        _time = time;
        _logger = loggerFactory.CreateLogger<HostInformers>();
    }

    public IReadOnlyList<ISharedInformer> All => _factory.Informers;

    public InformerScope ScopeOf<T>(CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta> => _options.ScopeOf<T>(scope);

    public ISharedInformer<T> Get<T>(CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var resolved = ScopeOf<T>(scope);
        lock (_gate)
        {
            var informer = _factory.Informer(_options.Resource<T>(), resolved, _options.TransformOf<T>());
            CountUseLocked<T>(resolved, 1);
            return informer;
        }
    }

    public IReadOnlyList<ISharedInformer<T>> Find<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_gate)
        {
            return _scopes.TryGetValue(typeof(T), out var scopes)
                ? [.. scopes.Select(known => _factory.Find(resource, known.Scope)).OfType<ISharedInformer<T>>()]
                : [];
        }
    }

    public InformerShare<T> Share<T>(CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var resolved = ScopeOf<T>(scope);
        lock (_gate)
        {
            var lease = _factory.Lease(_options.Resource<T>(), resolved, _options.TransformOf<T>());
            CountUseLocked<T>(resolved, 1);
            return new InformerShare<T>(lease.Informer, () => ReleaseAsync(lease, resolved));
        }
    }

    /// <summary>Starts those that have not been started.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _factory.Start();
        }
    }

    /// <summary>Stops all of them, but leaves those behind that code of users keeps from ending. A second call waits as the first one does.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            return _stop ??= StopOnceAsync();
        }
    }

    public ValueTask DisposeAsync() => new(StopAsync());

    private async Task StopOnceAsync()
    {
        // Each by itself: one whose index function blocks would keep the next from being told.
        var stops = All.Select(informer => (Informer: informer, End: Task.Factory.StartNew(
            informer.StopAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current).Unwrap())).ToList();
        try
        {
            await Task.WhenAll(stops.Select(stop => stop.End)).WaitAsync(EndWithin, _time);
        }
        catch (TimeoutException)
        {
            var left = string.Join(", ", stops.Where(stop => !stop.End.IsCompleted).Select(stop => stop.Informer.Resource));
            LogLeft(left);
            return;
        }

        await _factory.StopAsync();
    }

    private async ValueTask ReleaseAsync<T>(InformerLease<T> lease, InformerScope scope)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await lease.DisposeAsync();
        lock (_gate)
        {
            CountUseLocked<T>(scope, -1);
        }
    }

    private void CountUseLocked<T>(InformerScope scope, int more)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (!_scopes.TryGetValue(typeof(T), out var scopes))
        {
            _scopes.Add(typeof(T), scopes = []);
        }

        var known = scopes.FindIndex(known => known.Scope.Equals(scope));
        var uses = (known < 0 ? 0 : scopes[known].Uses) + more;
        if (known >= 0)
        {
            scopes.RemoveAt(known);
        }

        if (uses > 0)
        {
            var place = scope.Equals(ScopeOf<T>()) ? 0 : known < 0 ? scopes.Count : known;
            scopes.Insert(place, (scope, uses));
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Informers were left that do not end, since a handler, an index function or a transform does not return: {Informers}")]
    private partial void LogLeft(string informers);
}
