using System.Runtime.ExceptionServices;
using CrMonitor.Informers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>The informers of a host: one for each type, resource and scope.</summary>
internal sealed partial class HostInformers : IInformers, IAsyncDisposable
{
    // How long they may take to end. Nothing but code of users (handlers, index functions, transforms) takes longer.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(1);

    private readonly SharedInformerFactory _factory;
    private readonly CrMonitorOptions _options;
    private readonly IEnumerable<CacheRegistration> _registrations;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    // _gate guards the fields below. It is held for look-ups, and while informers are made.
    private readonly Lock _gate = new();

    // Which scopes are asked for, of each type and resource, that of the kind itself first; with how many times.
    private readonly Dictionary<CacheKey, List<(InformerScope Scope, int Uses)>> _scopes = [];

    private bool _hasRegistered;
    private ExceptionDispatchInfo? _registrationFailed;
    private Task? _stop;

    public HostInformers(
        IKubeTransport transport,
        CrMonitorOptions options,
        IEnumerable<CacheRegistration> registrations,
        TimeProvider time,
        ILoggerFactory loggerFactory)
    {
        _factory = new SharedInformerFactory(transport, new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            LoggerFactory = loggerFactory,
            Transform = options.Transform,
        });
        _options = options;
        _registrations = registrations;
        _time = time;
        _logger = loggerFactory.CreateLogger<HostInformers>();
    }

    public IReadOnlyList<ISharedInformer> All => _factory.Informers;

    public InformerScope ScopeOf<T>(KubeResource<T> resource, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta> => _options.ScopeOf<T>(scope, resource);

    public ISharedInformer<T> Get<T>(KubeResource<T>? resource = null, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var known = resource ?? _options.Resource<T>();
        var resolved = ScopeOf(known, scope);
        lock (_gate)
        {
            var informer = _factory.Informer(known, resolved, _options.TransformOf<T>());
            CountUseLocked(known, resolved, 1);
            return informer;
        }
    }

    public IReadOnlyList<ISharedInformer<T>> Find<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_gate)
        {
            KeepRegistered();
            return _scopes.TryGetValue(CacheKey.Of(resource), out var scopes)
                ? [.. scopes.Select(known => _factory.Find(resource, known.Scope)).OfType<ISharedInformer<T>>()]
                : [];
        }
    }

    public InformerShare<T> Share<T>(KubeResource<T>? resource = null, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var known = resource ?? _options.Resource<T>();
        var resolved = ScopeOf(known, scope);
        lock (_gate)
        {
            var lease = _factory.Lease(known, resolved, _options.TransformOf<T>());
            CountUseLocked(known, resolved, 1);
            return new InformerShare<T>(lease.Informer, known, () => ReleaseAsync(lease, known, resolved));
        }
    }

    public bool Keeps(KubeResource resource)
    {
        lock (_gate)
        {
            return _scopes.Any(known => known.Key.Group == resource.Group && known.Key.Plural == resource.Plural);
        }
    }

    public void NoteWrite(KubeResource resource, ReadOnlySpan<byte> answer) => _factory.NoteWrite(resource, answer);

    public T? NoteWrite<T>(ISharedInformer<T> informer, ReadOnlySpan<byte> answer)
        where T : class, IKubernetesObject<V1ObjectMeta> => _factory.NoteWrite(informer, answer);

    public void NoteDelete(KubeResource resource, ObjectKey key, string? uid = null, string? resourceVersion = null) =>
        _factory.NoteDelete(resource, key, uid, resourceVersion);

    /// <summary>
    /// Makes the informers that were asked for when the host was built, in that order. Done at the start, or when something is read before it: a
    /// read is then answered from the same caches as later.
    /// </summary>
    public void KeepRegistered()
    {
        lock (_gate)
        {
            if (!_hasRegistered)
            {
                _hasRegistered = true;
                try
                {
                    foreach (var registration in _registrations)
                    {
                        registration.Keep(this);
                    }
                }
                catch (Exception e)
                {
                    // A mistake in the set-up: whoever asks is told, and the start fails.
                    _registrationFailed = ExceptionDispatchInfo.Capture(e);
                }
            }

            _registrationFailed?.Throw();
        }
    }

    /// <summary>Starts those that have not been started.</summary>
    public void Start() => _factory.Start();

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
        // Each by itself: one whose index function blocks would keep the next from being told. The factory knows those, too, that were given up before.
        var stops = All.Select(informer => (Name: $"{informer.Resource} ({informer.Scope})", End: Begin(informer.StopAsync)))
            .Append((Name: "those of controllers that were removed", End: Begin(_factory.StopAsync)))
            .ToList();
        try
        {
            await Task.WhenAll(stops.Select(stop => stop.End)).WaitAsync(EndWithin, _time);
        }
        catch (TimeoutException)
        {
            var left = stops.Where(stop => !stop.End.IsCompleted).Select(stop => stop.Name).ToList();
            LogLeft(string.Join(", ", left.Count > 1 ? left.SkipLast(1) : left));
        }

        static Task Begin(Func<Task> stop) => Task.Factory.StartNew(
            stop, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current).Unwrap();
    }

    private async ValueTask ReleaseAsync<T>(InformerLease<T> lease, KubeResource<T> resource, InformerScope scope)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_gate)
        {
            CountUseLocked(resource, scope, -1);
        }

        await lease.DisposeAsync();
    }

    private void CountUseLocked<T>(KubeResource<T> resource, InformerScope scope, int more)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var key = CacheKey.Of(resource);
        if (!_scopes.TryGetValue(key, out var scopes))
        {
            _scopes.Add(key, scopes = []);
        }

        var known = scopes.FindIndex(known => known.Scope.Equals(scope));
        var uses = (known < 0 ? 0 : scopes[known].Uses) + more;
        if (known >= 0)
        {
            scopes.RemoveAt(known);
        }

        if (uses > 0)
        {
            var place = scope.Equals(ScopeOf(resource)) ? 0 : known < 0 ? scopes.Count : known;
            scopes.Insert(place, (scope, uses));
        }
        else if (scopes.Count == 0)
        {
            _scopes.Remove(key);
        }
    }

    private readonly record struct CacheKey(string Group, string Version, string Plural, Type Type)
    {
        public static CacheKey Of<T>(KubeResource<T> resource)
            where T : class, IKubernetesObject<V1ObjectMeta> => new(resource.Group, resource.Version, resource.Plural, typeof(T));
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Informers were left that do not end, since a handler, an index function or a transform does not return: {Informers}")]
    private partial void LogLeft(string informers);
}
