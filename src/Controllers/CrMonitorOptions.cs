using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>What all controllers of one host have in common.</summary>
/// <remarks>Set at registration; read when the host starts.</remarks>
public sealed class CrMonitorOptions
{
    private readonly ConcurrentDictionary<Type, KubeResource> _resources = [];
    private readonly ConcurrentDictionary<Type, ImmutableList<KubeResource>> _named = [];   // of open types
    private readonly ConcurrentDictionary<Type, KindCache> _caches = [];

    // _gate guards the field below, and is held while a binding is lent or given back.
    private readonly Lock _gate = new();
    private readonly Dictionary<Type, int> _lent = [];   // bound for running controllers alone; by how many of them

    /// <summary>The namespaces to watch, of kinds for which nothing else is said.</summary>
    /// <value>Empty by default: all. Cluster-scoped kinds need it empty, or <see cref="Cache"/> with no namespaces.</value>
    public IList<string> Namespaces { get; } = [];

    /// <summary>Which objects to watch, of kinds for which nothing else is said.</summary>
    /// <value><see langword="null"/> by default: all.</value>
    public ScopeSelectors? Selectors { get; set; }

    /// <summary>
    /// Which objects to watch in single namespaces, where they are watched, of kinds for which nothing else is said. They go before
    /// <see cref="Selectors"/>.
    /// </summary>
    public IDictionary<string, ScopeSelectors> SelectorsByNamespace { get; } = new Dictionary<string, ScopeSelectors>();

    /// <summary>
    /// Changes every object, of any kind, before it is stored in a cache: to leave out what nobody reads. For one kind alone: <see cref="Cache"/>.
    /// </summary>
    /// <value>
    /// <see langword="null"/> by default. The function returns an object of the type that it was given, by the rules of
    /// <see cref="ISharedInformer{T}.SetTransform"/>.
    /// </value>
    public Func<IKubernetesObject<V1ObjectMeta>, IKubernetesObject<V1ObjectMeta>>? Transform { get; set; }

    /// <summary>The source-generated contracts of your own types. Those of KubernetesClient's models are known without.</summary>
    public IList<JsonSerializerContext> JsonContexts { get; } = [];

    /// <summary>
    /// Makes the connection to the API server when the host starts. It is not asked for where an <see cref="IKubeTransport"/> is registered as a
    /// service.
    /// </summary>
    /// <value>
    /// By default it finds the cluster as kubectl does, by <see cref="KubeConfig.Load"/>: the files that <c>KUBECONFIG</c> names,
    /// <c>~/.kube/config</c>, else the service account of the pod.
    /// </value>
    public Func<IServiceProvider, IKubeTransport> Transport { get; set; } =
        _ => new KubernetesTransport(KubeConfig.Load());

    /// <summary>In whose name fields are written: who owns them in server-side apply. It must stay the same from release to release.</summary>
    /// <value><see langword="null"/> by default: the host's application name.</value>
    public string? FieldManager { get; set; }

    /// <summary>Who reports events: a qualified name such as <c>example.com/application-controller</c>.</summary>
    /// <value><see langword="null"/> by default: the field manager.</value>
    public string? ReportingController { get; set; }

    /// <summary>Which running copy of the controller reports events.</summary>
    /// <value>The machine's name by default: in a cluster, the pod's.</value>
    public string ReportingInstance { get; set; } = Environment.MachineName;

    /// <summary>
    /// How long running reconciles may go on when the host stops, or their controller is removed. Then their tokens are cancelled; earlier if the
    /// host's own patience (<c>HostOptions.ShutdownTimeout</c>) is at an end.
    /// </summary>
    /// <value>
    /// Three seconds by default, so that a process ends within five seconds of Ctrl-C; 44 days at most. With
    /// <see cref="Timeout.InfiniteTimeSpan"/> (in a configuration <c>-00:00:00.001</c>) the host's patience is the only limit, and a controller that
    /// is removed waits for its runs.
    /// </value>
    public TimeSpan ShutdownGracePeriod { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A reconcile that runs for longer counts as hanging: log, metrics and liveness check say so, the first and the last with the key. If it holds
    /// the last worker of its controller, the liveness check fails; so it does if a map or a filter of a controller takes as long.
    /// </summary>
    /// <value>Ten minutes by default, 44 days at most. A run with a timeout counts as hanging ten seconds after that instead.</value>
    public TimeSpan StuckAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// A controller whose caches have not synced within this time says so in the log, and which of them are late; then again after as long. It goes
    /// on waiting.
    /// </summary>
    /// <value>Two minutes by default, 44 days at most.</value>
    public TimeSpan SyncTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Lets one copy of the program work at a time. The others keep their caches warm and their queues filled, and take over when it stops or is
    /// lost.
    /// </summary>
    /// <value><see langword="null"/> by default: every copy works.</value>
    public LeaderElectionOptions? LeaderElection { get; set; }

    /// <summary>
    /// What the host's configuration says of the caches of a resource, by its name (<c>plural.group</c>). It goes before <see cref="Cache"/>.
    /// </summary>
    internal Dictionary<string, CacheScope> ConfiguredCaches { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Binds a type to its resource and contract, for the client and for all controllers.</summary>
    /// <remarks>
    /// <see cref="DynamicObject"/> and <see cref="PartialObjectMetadata"/> stand for any number of resources. Where none is named, they mean the one
    /// that they are bound to; with several, that is an error, and the resource is named where it is used: by <c>For</c>, <c>Owns</c>,
    /// <c>Watches</c>, <c>AddInformer</c> and <see cref="IKubeClient.For"/>.
    /// </remarks>
    /// <exception cref="InvalidOperationException">A model type is bound to another resource already.</exception>
    public void AddResource<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (OpenType.Is<T>())
        {
            _named.AddOrUpdate(typeof(T), _ => [resource], (_, named) => named.Contains(resource) ? named : named.Add(resource));
            return;
        }

        if (_resources.TryGetValue(typeof(T), out var other) && !other.Equals(resource))
        {
            throw new InvalidOperationException(
                $"{typeof(T).Name} is bound to {other.ApiVersion} {other.Plural} and to {resource.ApiVersion} {resource.Plural}. "
                + "Use one model type for each resource.");
        }

        _resources[typeof(T)] = resource;
    }

    /// <summary>Says of one kind what its caches hold.</summary>
    /// <remarks>Of <see cref="DynamicObject"/> or <see cref="PartialObjectMetadata"/>, it is said of all caches in that form.</remarks>
    /// <param name="scope">
    /// Which of its objects; <see langword="null"/> for those that the other options name. A controller can ask for others, and has a cache of them.
    /// </param>
    /// <param name="transform">
    /// Changes each object before it is stored, in all caches of the kind, after <see cref="Transform"/>: to leave out what nobody reads. By the
    /// rules of <see cref="ISharedInformer{T}.SetTransform"/>. Handlers, listers and the client's reads show what it leaves.
    /// </param>
    /// <exception cref="InvalidOperationException">It was said before.</exception>
    public void Cache<T>(CacheScope? scope = null, Func<T, T>? transform = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (!_caches.TryAdd(typeof(T), new KindCache(scope, transform)))
        {
            throw new InvalidOperationException($"What the caches of {typeof(T).Name} hold is said twice. Say it once, with all settings.");
        }
    }

    /// <summary>Binds a model type to its resource for as long as a running controller wants it.</summary>
    /// <returns><see langword="false"/> if it is bound in any case, and there is nothing to give back.</returns>
    internal bool Lend<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_gate)
        {
            var isLent = _lent.TryGetValue(typeof(T), out var users) || !_resources.ContainsKey(typeof(T));
            AddResource(resource);
            if (isLent)
            {
                _lent[typeof(T)] = users + 1;
            }

            return isLent;
        }
    }

    /// <summary>Ends what <see cref="Lend"/> began.</summary>
    internal void TakeBack(Type type)
    {
        lock (_gate)
        {
            if (--_lent[type] == 0)
            {
                _lent.Remove(type);
                _resources.TryRemove(type, out _);
            }
        }
    }

    /// <summary>What a cache of a type holds, if a controller asks for <paramref name="own"/>.</summary>
    /// <param name="own">What it asks for.</param>
    /// <param name="resource">Of which resource; <see langword="null"/> for the one that the type is bound to.</param>
    internal InformerScope ScopeOf<T>(CacheScope? own = null, KubeResource? resource = null)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        ScopeResolution.Resolve(
            OpenType.Is<T>() && resource is not null ? resource.ToString() : typeof(T).Name,
            [.. new[] { own, ConfiguredScope<T>(resource), _caches.GetValueOrDefault(typeof(T))?.Scope }.OfType<CacheScope>()],
            this);

    /// <summary>What the caches of a type change each object with; <see langword="null"/> for nothing.</summary>
    internal Func<T, T>? TransformOf<T>() => (Func<T, T>?)_caches.GetValueOrDefault(typeof(T))?.Transform;

    /// <summary>The resource of a type: as bound by <see cref="AddResource"/>, else from its attribute and the contracts that are known.</summary>
    internal KubeResource<T> Resource<T>()
        where T : class, IKubernetesObject<V1ObjectMeta> => Known<T>() ?? throw (OpenType.Is<T>()
        ? OpenType.NotNamed<T>(_named.GetValueOrDefault(typeof(T), []))
        : new InvalidOperationException(
            $"No JSON contract is known for {typeof(T).Name}. Put [JsonSerializable(typeof({typeof(T).Name}))] on a JsonSerializerContext "
            + $"and add its Default to {nameof(CrMonitorOptions)}.{nameof(JsonContexts)}, or pass a KubeResource<{typeof(T).Name}>."));

    private CacheScope? ConfiguredScope<T>(KubeResource? resource)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        ConfiguredCaches.Count > 0 && (resource ?? Known<T>()) is { } known ? ConfiguredCaches.GetValueOrDefault(known.ToString()) : null;

    private KubeResource<T>? Known<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (OpenType.Is<T>())
        {
            return _named.GetValueOrDefault(typeof(T)) is [KubeResource<T> only] ? only : null;
        }

        if (_resources.TryGetValue(typeof(T), out var known))
        {
            return (KubeResource<T>)known;
        }

        foreach (var context in JsonContexts.Append(SourceGenerationContext.Default))
        {
            if (context.GetTypeInfo(typeof(T)) is JsonTypeInfo<T> json)
            {
                return (KubeResource<T>)_resources.GetOrAdd(typeof(T), _ => new KubeResource<T>(json));
            }
        }

        return null;
    }
}
