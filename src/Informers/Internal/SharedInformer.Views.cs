using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>What views of the informer ask of it.</summary>
internal sealed partial class SharedInformer<T>
{
    private int _restores;   // written under _gate

    // _viewsGate guards writes to the field below. It is held for them alone: making a view waits for nobody.
    private readonly Lock _viewsGate = new();
    private IStoredView<T>[] _views = [];

    public IStoredInformer Stored => this;

    /// <summary>Is cancelled when the informer stops.</summary>
    internal CancellationToken Stopping => _stopping.Token;

    /// <summary>How often the server has gone back behind what was known of it: what was noted before counts no longer.</summary>
    internal int Restores => Volatile.Read(ref _restores);

    public IFactoryInformer ViewMetadata(KubeResource<PartialObjectMetadata> resource, ViewLifetime lifetime)
    {
        if (this is SharedInformer<DynamicObject> undecoded)
        {
            var decoding = new DecodingView<PartialObjectMetadata>(resource, _options);
            return new InformerView<DynamicObject, PartialObjectMetadata>(undecoded, resource, decoding, _options, lifetime);
        }

        return new InformerView<T, PartialObjectMetadata>(this, resource, new MetadataView<T>(resource, _options), _options, lifetime);
    }

    /// <summary>Lets a view know of objects before they come into the cache.</summary>
    internal void Attach(IStoredView<T> view)
    {
        lock (_viewsGate)
        {
            Volatile.Write(ref _views, [.. _views, view]);
        }
    }

    /// <summary>Forgets a view and its indexes.</summary>
    internal void Detach(IStoredView<T> view, IEnumerable<string> indexes)
    {
        lock (_viewsGate)
        {
            Volatile.Write(ref _views, [.. _views.Where(attached => attached != view)]);
        }

        lock (_gate)
        {
            foreach (var index in indexes)
            {
                _store.RemoveIndex(index);
            }
        }
    }

    /// <summary>As far as <paramref name="key"/> is concerned, the cache has come to this version, as far as versions have an order.</summary>
    internal bool HasReached(ObjectKey key, string? version) =>
        !ResourceVersions.IsComparable(version)
        || ResourceVersions.IsAtLeast(_store.VersionOf(key), version)
        || SourceOf(key) is not { } source
        || ResourceVersions.IsAtLeast(source.Version, version);

    /// <summary>The answer of a write would tell the cache something new.</summary>
    /// <param name="key">Whose answer it is.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="version">Its version.</param>
    /// <param name="isShown">The view shows an object of this key.</param>
    internal bool WouldBeNews(ObjectKey key, string? uid, string? version, bool isShown)
    {
        if (SourceOf(key) is not { } source || !ResourceVersions.IsComparable(version))
        {
            return false;
        }

        lock (_gate)
        {
            return !_stopped && source.WouldBeNewsLocked(key, uid, version, isShown);
        }
    }

    /// <summary>The object of this uid was deleted for good, and the watch has not shown it yet.</summary>
    internal bool IsGone(ObjectKey key, string? uid)
    {
        if (SourceOf(key) is not { HasGone: true } source)
        {
            return false;
        }

        lock (_gate)
        {
            return source.IsGoneLocked(key, uid);
        }
    }

    /// <summary>An object of this key is of those that are asked for, as far as its labels tell.</summary>
    internal bool IsInScope(ObjectKey key, IMetadata<V1ObjectMeta> resource) =>
        SourceOf(key) is { } source && source.Scope.LabelSelector.Matches(resource);

    /// <summary>Wakes who waits for this key: a view shows something else for it.</summary>
    internal void Wake(ObjectKey key)
    {
        lock (_gate)
        {
            WakeLocked(key, null);
        }
    }

    private void ForgetNotesLocked() => Volatile.Write(ref _restores, _restores + 1);
}
