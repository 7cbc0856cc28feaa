using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Hands out informers: one for each resource and scope, however many ask for it.</summary>
/// <remarks>
/// Guarantees: an informer of the same resource, type and scope is the same instance as long as it is not stopped; after <see cref="StopAsync"/>
/// nothing of them runs.
/// One list and one watch serve several forms of the same objects: who asks for a poorer form than one that there is gets a view of that. The
/// forms in their order are <see cref="DynamicObject"/>, your own types, and <see cref="PartialObjectMetadata"/>; between two types of your own
/// there is no view. So the order of asking decides: ask for the richest form first. A form that is asked for before a richer one keeps a list and
/// a watch of its own, and so does one that is asked for with a transform.
/// A view shows what is stored, transforms included. Each object is read in the view's form when somebody asks for it first, which takes time and
/// memory, and is the same instance from then on, until the server sends another state. One that cannot be read so is an
/// <see cref="InvalidObject"/> of the view alone, from the moment that somebody has tried. Answers of own writes are best handed to the factory as
/// bytes, since these are the whole object: then all forms show them at once. Given as an object, an answer is shown by this view alone, and told
/// to handlers when the watch brings it. When a view stops, its handlers and indexes go; the informer that holds the objects stops when nobody
/// uses it or a view of it any more.
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

    // All informers by group and plural: before each that holds objects, the views of it. Made under _gate, read without; null when there are others since.
    private volatile Dictionary<KubeResource, IFactoryInformer[]>? _byName;

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
                return [.. _informers.Values.Where(entry => entry.Stored is null || entry.IsUsed).Select(entry => entry.Informer)];
            }
        }
    }

    /// <summary>
    /// The informer of <paramref name="resource"/> within <paramref name="scope"/> (all objects unless said otherwise). A new one is not started.
    /// </summary>
    /// <remarks>
    /// It lives until it or the factory is stopped, whatever leases there are besides. After its stop, this call creates a new one.
    /// </remarks>
    /// <param name="resource">What is watched.</param>
    /// <param name="scope">Which of its objects; <see langword="null"/> for all.</param>
    /// <param name="transform">
    /// Changes each object before it is stored, by the rules of <see cref="ISharedInformer{T}.SetTransform"/>. An informer with a transform of its
    /// own is never a view: it has a cache, whatever richer form there is. Who asks for it again gives the same function, or none.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The informer is there already, without this transform, and cannot take it any more: it has been started, is a view, or has another one.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The factory was stopped.</exception>
    public ISharedInformer<T> Informer<T>(KubeResource<T> resource, InformerScope? scope = null, Func<T, T>? transform = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_gate)
        {
            var entry = EntryLocked(resource, scope, transform);
            entry.IsKept = true;
            return (ISharedInformer<T>)entry.Informer;
        }
    }

    /// <summary>
    /// The informer of <paramref name="resource"/> within <paramref name="scope"/> that somebody has asked for, or a view of it;
    /// <see langword="null"/> if nobody has asked for one, or only for a poorer form. This call alone keeps nothing running.
    /// </summary>
    public ISharedInformer<T>? Find<T>(KubeResource<T> resource, InformerScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        lock (_gate)
        {
            var key = KeyOf(resource, scope);
            return (ISharedInformer<T>?)(_informers.GetValueOrDefault(key) ?? (_stopped ? null : ViewLocked(resource, key)))?.Informer;
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
    /// <inheritdoc cref="Informer{T}" path="/param"/>
    /// <inheritdoc cref="Informer{T}" path="/exception"/>
    public InformerLease<T> Lease<T>(KubeResource<T> resource, InformerScope? scope = null, Func<T, T>? transform = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (_gate)
        {
            var entry = EntryLocked(resource, scope, transform);
            entry.Leases++;
            return new InformerLease<T>((ISharedInformer<T>)entry.Informer, () => EndLeaseAsync(entry));
        }
    }

    /// <summary>Shows the answer of an own write at once in all caches of a resource, whatever their forms and scopes.</summary>
    /// <remarks>
    /// As <see cref="ISharedInformer{T}.NoteWrite(ReadOnlySpan{byte})"/>, once for each cache; views show what it holds. Caches of another version of
    /// the kind cannot take the answer: they learn from it only that an object is gone.
    /// </remarks>
    /// <param name="resource">What was written.</param>
    /// <param name="answer">The whole object as JSON, as the server answered it.</param>
    /// <exception cref="ArgumentException">The answer shows no object with a name (but a <c>Status</c>, say).</exception>
    public void NoteWrite(KubeResource resource, ReadOnlySpan<byte> answer)
    {
        ArgumentNullException.ThrowIfNull(resource);
        NoteWrite(resource, answer, except: null);
    }

    /// <summary>As <see cref="NoteWrite(KubeResource, ReadOnlySpan{byte})"/>, of what <paramref name="informer"/> watches.</summary>
    /// <returns>What <paramref name="informer"/> shows of it, as <see cref="ISharedInformer{T}.NoteWrite(ReadOnlySpan{byte})"/> returns it.</returns>
    /// <inheritdoc cref="NoteWrite(KubeResource, ReadOnlySpan{byte})"/>
    public T? NoteWrite<T>(ISharedInformer<T> informer, ReadOnlySpan<byte> answer)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(informer);
        NoteWrite(informer.Resource, answer, except: (informer as IFactoryInformer)?.Stored);
        return informer.NoteWrite(answer);
    }

    /// <summary>
    /// Takes an object out of all caches of a resource, of whatever version, that the server has confirmed to be deleted for good: as
    /// <see cref="ISharedInformer{T}.NoteDelete"/> for each.
    /// </summary>
    /// <param name="resource">What was deleted.</param>
    /// <param name="key">Which object.</param>
    /// <param name="uid">Its uid, if the answer tells it; else the object that a cache shows is meant.</param>
    /// <param name="resourceVersion">The last version of the object that is known, if one is.</param>
    public void NoteDelete(KubeResource resource, ObjectKey key, string? uid = null, string? resourceVersion = null)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var (knownUid, knownVersion) = (uid, resourceVersion);
        foreach (var informer in InformersOf(resource))
        {
            if (informer is IStoredInformer stored)
            {
                // Once, with what is known best.
                stored.NoteDelete(key, knownUid, knownVersion);
                (knownUid, knownVersion) = (uid, resourceVersion);
            }
            else
            {
                informer.TakeBack(key, ref knownUid, ref knownVersion);
            }
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
            // A view is late for the same reason as what it is a view of.
            var late = informers.Where(informer => !informer.HasSynced).Select(informer => ((IFactoryInformer)informer).DescribeLate()).Distinct();
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

    private void NoteWrite(KubeResource resource, ReadOnlySpan<byte> answer, IStoredInformer? except)
    {
        var isOfOtherVersions = false;
        foreach (var informer in InformersOf(resource))
        {
            if (informer.Resource.Version != resource.Version)
            {
                isOfOtherVersions = true;
            }
            else if (informer is IStoredInformer stored && stored != except)
            {
                stored.NoteWrite(answer);
            }
        }

        if (isOfOtherVersions && answer.IndexOf("\"deletionTimestamp\""u8) >= 0 && DynamicObject.Parse(answer) is var gone && OwnWrites.ShowEnd(gone))
        {
            NoteDelete(resource, gone.Key, gone.Uid, gone.Metadata.ResourceVersion);
        }
    }

    private ReadOnlySpan<IFactoryInformer> InformersOf(KubeResource resource)
    {
        var byName = _byName;
        if (byName is null)
        {
            lock (_gate)
            {
                // Before each that holds objects, the views of it: of a deletion they may know more.
                _byName = byName = _informers.Values
                    .GroupBy(entry => entry.Stored ?? entry)
                    .SelectMany(same => same.OrderBy(entry => entry.Stored is null))
                    .Select(entry => (IFactoryInformer)entry.Informer)
                    .GroupBy(informer => informer.Resource, ResourceNameComparer.Instance)
                    .ToDictionary(group => group.Key, group => group.ToArray(), ResourceNameComparer.Instance);
            }
        }

        return byName.GetValueOrDefault(resource);
    }

    private void AddLocked(Entry entry)
    {
        _informers.Add(entry.Key, entry);
        _byName = null;
    }

    private Entry EntryLocked<T>(KubeResource<T> resource, InformerScope? scope, Func<T, T>? transform)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        ObjectDisposedException.ThrowIf(_stopped, this);
        var key = KeyOf(resource, scope);
        var entry = _informers.GetValueOrDefault(key) ?? (transform is null ? ViewLocked(resource, key) : null);
        if (entry is null)
        {
            var informer = new SharedInformer<T>(
                resource, key.Scope, _transport, _options, stopBegun: stopped => StopBegun(key, stopped), stopEnded: StopEnded);
            entry = new Entry(key, informer, stored: null);
            AddLocked(entry);
        }

        if (transform is not null && !transform.Equals(entry.Transform))
        {
            ((ISharedInformer<T>)entry.Informer).SetTransform(transform);
            entry.Transform = transform;
        }

        return entry;
    }

    // A new view, if there is an informer of a richer form. Whoever asks for it has to say whether he keeps it.
    private Entry? ViewLocked<T>(KubeResource<T> resource, InformerKey key)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (typeof(T) == typeof(DynamicObject) || RicherLocked(key) is not { } stored)
        {
            return null;
        }

        var lifetime = new ViewLifetime(stopped => StopBegun(key, stopped), () => ReleaseAsync(stored), StopEnded);
        IFactoryInformer view = resource is KubeResource<PartialObjectMetadata> metadata
            ? ((IStoredInformer)stored.Informer).ViewMetadata(metadata, lifetime)
            : new InformerView<DynamicObject, T>(
                (SharedInformer<DynamicObject>)stored.Informer, resource, new DecodingView<T>(resource, _options), _options, lifetime);
        var entry = new Entry(key, view, stored);
        stored.Views.Add(entry);
        AddLocked(entry);
        return entry;
    }

    // Metadata are best taken from typed objects, which have them decoded.
    private Entry? RicherLocked(InformerKey key)
    {
        var undecoded = _informers.GetValueOrDefault(key with { Type = typeof(DynamicObject) });
        return key.Type == typeof(PartialObjectMetadata)
            ? _informers.Values.FirstOrDefault(entry =>
                entry.Stored is null && entry != undecoded && entry.Key with { Type = key.Type } == key) ?? undecoded
            : undecoded;
    }

    // By what the server is asked for: two contracts for the same type are no reason to watch twice.
    private static InformerKey KeyOf<T>(KubeResource<T> resource, InformerScope? scope)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        new(new KubeResource(resource.Group, resource.Version, resource.Plural, resource.Kind), typeof(T), scope ?? InformerScope.All);

    private Task EndLeaseAsync(Entry entry)
    {
        lock (_gate)
        {
            entry.Leases--;
        }

        return ReleaseAsync(entry);
    }

    // Stops an informer that nobody uses any more. May be called again, and then waits as well.
    private Task ReleaseAsync(Entry entry)
    {
        lock (_gate)
        {
            if (entry.IsUsed)
            {
                return Task.CompletedTask;
            }

            // In the same step, so that nobody gets an informer that is about to stop.
            DetachLocked(entry);
        }

        return entry.Informer.StopAsync();
    }

    private void StopBegun(InformerKey key, ISharedInformer informer)
    {
        lock (_gate)
        {
            if (_informers.TryGetValue(key, out var entry) && entry.Informer == informer)
            {
                DetachLocked(entry);
            }
        }
    }

    // A stopped factory goes on to show the informers that it had.
    private void DetachLocked(Entry entry)
    {
        if (_stopped || !_informers.TryGetValue(entry.Key, out var known) || known != entry)
        {
            return;
        }

        _informers.Remove(entry.Key);
        _stopping.Add(entry.Informer);
        entry.Stored?.Views.Remove(entry);

        // What they show ends with it.
        foreach (var view in entry.Views)
        {
            _informers.Remove(view.Key);
        }

        _byName = null;
    }

    private void StopEnded(ISharedInformer informer)
    {
        lock (_gate)
        {
            _stopping.Remove(informer);
        }
    }

    private readonly record struct InformerKey(KubeResource Resource, Type Type, InformerScope Scope);

    /// <summary>An informer and who holds it. All that changes is guarded by the factory's gate.</summary>
    private sealed class Entry(InformerKey key, ISharedInformer informer, Entry? stored)
    {
        public InformerKey Key => key;

        public ISharedInformer Informer => informer;

        /// <summary>What it is a view of; <see langword="null"/> if it has a cache of its own.</summary>
        public Entry? Stored => stored;

        /// <summary>The views of it.</summary>
        public List<Entry> Views { get; } = [];

        /// <summary>The transform that it was asked for with.</summary>
        public Delegate? Transform { get; set; }

        /// <summary>Somebody holds it for as long as the factory lives.</summary>
        public bool IsKept { get; set; }

        public int Leases { get; set; }

        /// <summary>Somebody wants it to live, or a view of it.</summary>
        public bool IsUsed => IsKept || Leases > 0 || Views.Exists(view => view.IsUsed);
    }
}
