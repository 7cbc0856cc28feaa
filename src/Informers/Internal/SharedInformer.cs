using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

/// <summary>One cache, fed by a reflector for each namespace of its scope, and its handlers.</summary>
internal sealed partial class SharedInformer<T> : ISharedInformer<T>, IStoredInformer, IObservedInformer, IAsyncDisposable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly KubeResource<T> _resource;
    private readonly SharedInformerFactoryOptions _options;
    private readonly ILogger _logger;
    private readonly ObjectForm<T> _form;
    private readonly IndexedStore<T> _store;
    private readonly Source[] _sources;
    private readonly MutationDetector<T>? _mutations;
    private readonly Action<ISharedInformer> _stopBegun;
    private readonly Action<ISharedInformer> _stopEnded;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SharedDecoder<T> _answers;

    // _gate guards writes to the store and every field below. It is held while one event (or one list) goes into the store and the mailboxes, so that
    // a handler that is added sees each object either in its replay or as a change; never across an await. User code under it: index functions alone.
    private readonly Lock _gate = new();
    private HandlerMailbox<T>[] _handlers = [];
    private readonly List<CacheWaiter> _waiters = [];
    private readonly List<StoreChange<T>> _changes = [];   // what is told after a write of several changes; empty, and kept for the next one, between writes
    private Func<T, T>? _transform;
    private Task[] _loops = [];
    private TaskScheduler? _scheduler;
    private bool _stopped;

    /// <summary>Creates an informer.</summary>
    /// <param name="resource">What is watched.</param>
    /// <param name="scope">Which of its objects.</param>
    /// <param name="transport">The way to the server.</param>
    /// <param name="options">What the informers of a factory have in common.</param>
    /// <param name="stopBegun">Is called as soon as the informer is stopped.</param>
    /// <param name="stopEnded">Is called when nothing of it runs any more.</param>
    public SharedInformer(
        KubeResource<T> resource,
        InformerScope scope,
        IKubeTransport transport,
        SharedInformerFactoryOptions options,
        Action<ISharedInformer> stopBegun,
        Action<ISharedInformer> stopEnded)
    {
        if (scope.ByNamespace.Keys.FirstOrDefault(ns => !scope.Namespaces.Contains(ns, StringComparer.Ordinal)) is { } other)
        {
            throw new ArgumentException(
                $"The scope of {resource} ({scope}) has selectors for the namespace '{other}', which is none of its own. Add it to Namespaces.",
                nameof(scope));
        }

        _resource = resource;
        Scope = scope;
        _options = options;
        _logger = options.LoggerFactory.CreateLogger("CrMonitor.Informers");
        _stopBegun = stopBegun;
        _stopEnded = stopEnded;
        Tags = InformerInstruments.TagsOf(resource, scope);
        _mutations = options.DetectMutations ? new MutationDetector<T>(resource, LogMutated, LogNotWatchedOver) : null;
        _form = ObjectForm<T>.Of(resource, options.KeepManagedFields);
        _answers = new SharedDecoder<T>(resource, options.KeepManagedFields);
        string?[] namespaces = scope.Namespaces.Count == 0 ? [null] : [.. scope.Namespaces];
        _store = new IndexedStore<T>(_form, namespaces, LogIndexFailed);
        _sources = [.. namespaces.Select((ns, index) => new Source(this, index, ns, transport))];
    }

    public KubeResource Resource => _resource;

    public InformerScope Scope { get; }

    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    public ILister<T> Lister => _store;

    public IReadOnlyList<InvalidObject> InvalidObjects => [.. _sources.SelectMany(source => source.InvalidObjects)];

    public TagList Tags { get; }

    public int ObjectCount => _store.Count;

    public long CacheBytes => _store.Bytes;

    public string? StoreVersion => _store.ResourceVersion;

    public bool IsStopped => Volatile.Read(ref _stopped);

    public int InvalidCount => _sources.Sum(source => source.InvalidCount) + Volatile.Read(ref _views).Sum(view => view.InvalidCount);

    public int QueuedItems => Volatile.Read(ref _handlers).Sum(handler => handler.PendingCount);

    public InformerHealth Health
    {
        get
        {
            var all = _sources.Select(source => source.Health).ToArray();
            var worst = all.MaxBy(health => health.ConsecutiveFailures)!;
            return worst with
            {
                HasSynced = HasSynced,
                IsConnected = all.All(health => health.IsConnected),
                IsStalled = !IsStopped && all.Any(health => health.IsStalled),
                SinceLastProofOfLife = all.Any(health => health.SinceLastProofOfLife is null) ? null : all.Max(health => health.SinceLastProofOfLife),
                InvalidObjects = all.Sum(health => health.InvalidObjects),
            };
        }
    }

    public void Start()
    {
        // Who starts all there are must not wait for one that runs and is held up by an index function.
        if (Volatile.Read(ref _scheduler) is not null && !IsStopped)
        {
            return;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (_scheduler is not null)
            {
                return;
            }

            _scheduler = SynchronizationContext.Current is null ? TaskScheduler.Current : TaskScheduler.FromCurrentSynchronizationContext();
            _loops = [.. _sources.Select(source => Task.Factory.StartNew(
                () => source.Reflector.RunAsync(_stopping.Token), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap())];
            foreach (var handler in _handlers)
            {
                handler.Start(_scheduler);
            }
        }

        InformerInstruments.Started(this);
    }

    public async Task WaitForSyncAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await _synced.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException e)
        {
            throw new OperationCanceledException(DescribeLate(), e, e.CancellationToken);
        }
    }

    public IObjectIndex<string, T> AddIndex(string name, Func<T, IEnumerable<string>> values) => AddIndex<string>(name, values);

    public IObjectIndex<TValue, T> AddIndex<TValue>(string name, Func<T, IEnumerable<TValue>> values)
        where TValue : notnull
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        lock (_gate)
        {
            return _store.AddIndex(name, values);
        }
    }

    public bool RemoveIndex(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (_gate)
        {
            return _store.RemoveIndex(name);
        }
    }

    public void SetTransform(Func<T, T> transform)
    {
        ArgumentNullException.ThrowIfNull(transform);
        lock (_gate)
        {
            if (_scheduler is not null || _transform is not null)
            {
                throw new InvalidOperationException(
                    $"The informer of {_resource} ({Scope}) {(_transform is null ? "has been started" : "has a transform")}: "
                    + "what it has stored would not have been transformed. Set one transform, before the start.");
            }

            _transform = transform;
        }
    }

    public HandlerRegistration AddHandler(IResourceHandler<T> handler, HandlerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var mailbox = new HandlerMailbox<T>(handler, options ?? new HandlerOptions(), _resource, _options, _logger, Resync, Forget);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _store.ForEach(mailbox, static (target, key, cached) => target.Post(new StoreChange<T>(key, null, cached), isInitialList: true));
            if (_sources.All(source => source.HasSynced))
            {
                mailbox.EndInitialList();
            }

            _handlers = [.. _handlers, mailbox];
            if (_scheduler is not null)
            {
                mailbox.Start(_scheduler);
            }
        }

        return mailbox;
    }

    public async Task StopAsync()
    {
        Task[] loops;
        bool first;
        lock (_gate)
        {
            first = !_stopped;
            _stopped = true;
            loops = _loops;
            WakeAllLocked();
        }

        if (first)
        {
            _stopBegun(this);
        }

        // Not CancelAsync, which goes to the thread pool: all stays on the scheduler.
        _stopping.Cancel();
        await Task.WhenAll(loops);
        _synced.TrySetCanceled();

        // All at once: each is told to end, whatever the calls of the others do.
        await Task.WhenAll(Volatile.Read(ref _handlers).Select(handler => handler.DisposeAsync().AsTask()));

        InformerInstruments.Stopped(this);
        lock (_gate)
        {
            CheckMutationsLocked();
        }

        _stopEnded(this);
    }

    public ValueTask DisposeAsync() => new(StopAsync());

    public string DescribeLate()
    {
        var health = Health;
        var reason = _stopped ? "it was stopped"
            : _scheduler is null ? "it was not started"
            : health.LastFailure is { } failure ? $"{health.ConsecutiveFailures} failures, the last: {failure.Reason}: {failure.Message}"
            : "its first list is not complete";
        return $"{_resource} ({Scope}) has not synced: {reason}";
    }

    private void Resync(HandlerMailbox<T> mailbox)
    {
        lock (_gate)
        {
            _store.ForEach(mailbox, static (target, key, cached) => target.PostResync(key, cached));
            mailbox.EndResync();
        }
    }

    private void Forget(HandlerMailbox<T> mailbox)
    {
        lock (_gate)
        {
            _handlers = [.. _handlers.Where(handler => handler != mailbox)];
        }
    }

    private StoreChange<T> WriteLocked(int source, ObjectKey key, T? current, string? version, int bytes)
    {
        var change = _store.Write(source, key, current, version, bytes);
        WatchOverLocked(change);
        return change;
    }

    private void WatchOverLocked(in StoreChange<T> change)
    {
        _mutations?.Check(change.Key, change.Old);
        _mutations?.Remember(change.Key, change.Current);
    }

    private void CheckMutationsLocked()
    {
        if (_mutations is not null)
        {
            _store.ForEach(_mutations, static (mutations, key, cached) => mutations.Check(key, cached));
        }
    }

    private void TellLocked(StoreChange<T> change)
    {
        if (change.Old is not null || change.Current is not null)
        {
            TellLocked(new ReadOnlySpan<StoreChange<T>>(in change), isInitialList: false);
        }
    }

    private void TellLocked(ReadOnlySpan<StoreChange<T>> changes, bool isInitialList)
    {
        foreach (var handler in _handlers)
        {
            handler.Post(changes, isInitialList);
        }
    }

    private void SourceSyncedLocked()
    {
        if (_sources.All(source => source.HasSynced))
        {
            foreach (var handler in _handlers)
            {
                handler.EndInitialList();
            }

            _synced.TrySetResult();
        }
    }

    private void LogMutated(ObjectKey key) => LogMutated(_resource.Kind, key);

    private void LogNotWatchedOver(ObjectKey key, Exception e) => LogNotWatchedOver(e, _resource.Kind, key);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The cached {Kind} {Key} was changed in place. Cached objects are shared by all readers: make a copy and change that")]
    private partial void LogMutated(string kind, ObjectKey key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Key} cannot be written as JSON; the mutation detector does not watch over it")]
    private partial void LogNotWatchedOver(Exception e, string kind, ObjectKey key);

    private void LogIndexFailed(string index, ObjectKey key, Exception e) => LogIndexFailed(e, _resource, index, key);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Resource}: the answer of a write of {Key} cannot be taken; the cache waits for the watch to bring it")]
    private partial void LogAnswerNotTaken(Exception? e, KubeResource resource, ObjectKey key);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Resource}: the index {Index} failed on {Key}; it does not find this object")]
    private partial void LogIndexFailed(Exception e, KubeResource resource, string index, ObjectKey key);

    /// <summary>One reflector's way into the store. Its fields are written under the informer's gate.</summary>
    private sealed class Source : IReflectorSink<T>
    {
        private readonly SharedInformer<T> _informer;
        private readonly int _index;
        private readonly string? _namespace;
        private readonly WriteOverlay<T> _overlay;
        private readonly Action<ObjectKey, T?> _revert;
        private ImmutableDictionary<ObjectKey, InvalidObject> _invalid = ImmutableDictionary<ObjectKey, InvalidObject>.Empty;
        private string? _version;

        public Source(SharedInformer<T> informer, int index, string? ns, IKubeTransport transport)
        {
            _informer = informer;
            _index = index;
            _namespace = ns;
            _overlay = new WriteOverlay<T>(informer._form, informer._options.TimeProvider);
            _revert = (key, shown) => ShowLocked(key, shown, null);
            Scope = informer.Scope.In(ns);
            Reflector = new Reflector<T>(informer._resource, ns, Scope, transport, this, informer._options, informer._logger);
        }

        public Reflector<T> Reflector { get; }

        /// <summary>What of the informer's scope comes from here.</summary>
        public InformerScope Scope { get; }

        public bool HasSynced { get; private set; }

        public InformerHealth Health => Reflector.Health.Snapshot(HasSynced, InvalidCount);

        public int InvalidCount => Volatile.Read(ref _invalid).Count;

        /// <summary>May be read without the gate: whoever asks for the informer's health waits for nobody.</summary>
        public IEnumerable<InvalidObject> InvalidObjects => Volatile.Read(ref _invalid).Values;

        /// <summary>The version that this reflector has reached. The store shows it already. May be read without the gate.</summary>
        public string? Version => Volatile.Read(ref _version);

        /// <summary>Objects of this key come from here.</summary>
        public bool Holds(ObjectKey key) => _namespace is null || _namespace == key.Namespace;

        public DecodedObject<T> Prepare(DecodedObject<T> decoded)
        {
            var prepared = decoded.Object is { } fresh && (_informer._transform is not null || _informer._options.Transform is not null)
                ? _informer.Transform(decoded, fresh)
                : decoded;
            if (prepared.Object is { } coming)
            {
                foreach (var view in Volatile.Read(ref _informer._views))
                {
                    view.Expect(_informer._store.Get(prepared.Key!.Value), coming);
                }
            }

            return prepared;
        }

        public T? HeldAnswer(in ObjectHeader shown)
        {
            lock (_informer._gate)
            {
                return _overlay.Count > 0
                    && shown.Key is { } key
                    && _overlay.HasDecoded(key)
                    && _informer._store.Get(key) is { } held
                    && _informer._form.IsSame(held, shown)
                        ? held
                        : null;
            }
        }

        public IndexedStore<T>.Replacement BeginReplace() => _informer._store.BeginReplace(_index);

        public void Replace(IndexedStore<T>.Replacement replacement, string version, IReadOnlyCollection<InvalidObject> invalid)
        {
            lock (_informer._gate)
            {
                // A version that goes back is that of a server restored from a backup: what was written to it since is lost.
                if (ResourceVersions.TryCompare(version, _version, out var order) && order < 0)
                {
                    _overlay.Clear(replacement);
                    _informer.ForgetNotesLocked();
                }

                if (_overlay.Count > 0)
                {
                    _overlay.Cover(replacement, version, _informer._store.Get);
                    _overlay.ForgetGone();
                }

                Volatile.Write(ref _invalid, invalid.ToImmutableDictionary(listed => listed.Key));
                CommitLocked(replacement, version);
                if (!HasSynced)
                {
                    HasSynced = true;
                    _informer.SourceSyncedLocked();
                }

                _informer.WakeAllLocked();
            }
        }

        public void Apply(ReadOnlySpan<WatchedChange<T>> changes)
        {
            lock (_informer._gate)
            {
                _overlay.ForgetVeryOldGone();
                if (!_overlay.MayConcern(changes))
                {
                    ApplyAllLocked(changes);
                    return;
                }

                foreach (ref readonly var change in changes)
                {
                    ApplyLocked(change);
                }
            }
        }

        public void Invalid(InvalidObject? invalid, string? version)
        {
            lock (_informer._gate)
            {
                AdvanceStoreLocked(version);
                if (invalid is not null)
                {
                    _overlay.TakeUnreadable(invalid.Key, version);
                    Volatile.Write(ref _invalid, _invalid.SetItem(invalid.Key, invalid));
                }

                ReachedLocked(invalid?.Key, version);
            }
        }

        public void Bookmark(string version)
        {
            lock (_informer._gate)
            {
                AdvanceStoreLocked(version);
                ReachedLocked(null, version);
                _overlay.ForgetGone();
            }
        }

        public void KindGone()
        {
            lock (_informer._gate)
            {
                var nothing = BeginReplace();
                _overlay.Clear(nothing);
                _informer.ForgetNotesLocked();
                Volatile.Write(ref _invalid, _invalid.Clear());
                CommitLocked(nothing, _version);
                _informer.WakeAllLocked();
            }
        }

        public void NoteWriteLocked(ObjectKey key, T answer, string version, bool isInScope, int bytes)
        {
            var uid = _informer._form.UidOf(answer);
            if (OwnWrites.ShowEnd(answer))
            {
                // Its version need not be news.
                NoteDeleteLocked(key, uid, version, answer);
                return;
            }

            var cached = _informer._store.Get(key);
            if (!WouldBeNewsLocked(key, uid, version, cached is not null))
            {
                return;
            }

            _overlay.Note(key, uid, version, isGone: false, isDecoded: bytes > 0, cached);
            ShowLocked(key, isInScope ? answer : null, null, bytes);
        }

        public void NoteDeleteLocked(ObjectKey key, string? uid, string? version, T? final)
        {
            var cached = _informer._store.Get(key);
            var form = _informer._form;
            if (cached is not null && (uid is null || uid == form.UidOf(cached)))
            {
                // Of two versions of one object the later one tells better what is older than the deletion.
                uid = form.UidOf(cached);
                var known = form.VersionOf(cached);
                version = ResourceVersions.TryCompare(version, known, out var order) && order > 0 ? version : known;
            }
            else if (uid is null || (IsPassedLocked(version) && ShowsAll(key)))
            {
                return;
            }
            else if (version is null || IsPassedLocked(version) || !_overlay.IsNews(key, uid, version, cached))
            {
                _overlay.NoteGone(key, uid);
                _informer.WakeLocked(key, null);
                return;
            }

            if (ResourceVersions.IsComparable(version))
            {
                _overlay.Note(key, uid, version, isGone: true, isDecoded: false, cached);
                ShowLocked(key, null, final);
            }
        }

        /// <summary>The answer of a write tells something new, within the scope as far as that can be known.</summary>
        public bool WouldBeNewsLocked(ObjectKey key, string? uid, string version, bool isShown) =>
            !IsPassedLocked(version)
            && _overlay.IsNews(key, uid, version, _informer._store.Get(key))
            && (isShown || Scope.FieldSelector.Length == 0);

        /// <summary>The version of a noted write that the watch has not shown yet.</summary>
        public string? NotedVersionLocked(ObjectKey key) => _overlay.VersionOf(key);

        /// <summary>There are objects that were deleted for good, and the watch has not shown it yet. May be read without the gate.</summary>
        public bool HasGone => _overlay.HasGone;

        /// <summary>The object of this uid was deleted for good, and the watch has not shown it yet.</summary>
        public bool IsGoneLocked(ObjectKey key, string? uid) => _overlay.IsGone(key, uid);

        // An object of this key that existed at a version that is passed, and is not cached, was deleted. Selected objects come and go while they exist;
        // and what could not be read is there without being cached.
        private bool ShowsAll(ObjectKey key) => Scope.LabelSelector.IsEverything && Scope.FieldSelector.Length == 0 && !_invalid.ContainsKey(key);

        private bool IsPassedLocked(string? version) => ResourceVersions.TryCompare(_version, version, out var order) && order >= 0;

        // Nothing noted is waited for: all are written at once, and each handler is woken once.
        private void ApplyAllLocked(ReadOnlySpan<WatchedChange<T>> watched)
        {
            var changes = _informer._changes;
            _informer._store.Write(_index, watched, changes);
            foreach (ref readonly var change in CollectionsMarshal.AsSpan(changes))
            {
                _informer.WatchOverLocked(change);
            }

            ForgetInvalidLocked(watched);
            _informer.TellLocked(CollectionsMarshal.AsSpan(changes), isInitialList: false);
            changes.Clear();
            foreach (ref readonly var change in watched)
            {
                ReachedLocked(change.Key, change.Version);
            }
        }

        private void ApplyLocked(in WatchedChange<T> change)
        {
            var (key, current, version) = (change.Key, change.Current, change.Version);
            ForgetInvalidLocked(new ReadOnlySpan<WatchedChange<T>>(in change));
            var verdict = _overlay.Count == 0 ? WriteOverlay<T>.Verdict.Apply : _overlay.Take(key, current, change.Final, version);
            if (verdict == WriteOverlay<T>.Verdict.Echo && _informer._store.Get(key) is null != current is null)
            {
                verdict = WriteOverlay<T>.Verdict.Apply;
            }

            if (current is not null && ReferenceEquals(_informer._store.Get(key), current))
            {
                // The answer itself, see HeldAnswer: it is stored and told.
                verdict = WriteOverlay<T>.Verdict.Older;
            }

            switch (verdict)
            {
                case WriteOverlay<T>.Verdict.Apply:
                    _informer.TellLocked(_informer.WriteLocked(_index, key, current, version, change.Bytes) with { Final = change.Final });
                    break;
                case WriteOverlay<T>.Verdict.Echo:
                    // The watch's own instance takes the place of the caller's: it is decoded as all others are.
                    _informer.WriteLocked(_index, key, current, version, change.Bytes);
                    break;
                default:
                    AdvanceStoreLocked(version);
                    break;
            }

            ReachedLocked(key, version);
        }

        // Before handlers are told: what they then see of the informer is so.
        private void ForgetInvalidLocked(ReadOnlySpan<WatchedChange<T>> readable)
        {
            if (_invalid.IsEmpty)
            {
                return;
            }

            foreach (ref readonly var change in readable)
            {
                Volatile.Write(ref _invalid, _invalid.Remove(change.Key));
            }
        }

        private void ShowLocked(ObjectKey key, T? current, T? final, int bytes = 0)
        {
            _informer.TellLocked(_informer.WriteLocked(_index, key, current, null, bytes) with { Final = final });
            _informer.WakeLocked(key, null);
        }

        private void CommitLocked(IndexedStore<T>.Replacement replacement, string? version)
        {
            var isInitialList = !HasSynced;
            _informer.CheckMutationsLocked();
            var changes = replacement.Commit(version);
            if (_informer._mutations is { } mutations)
            {
                foreach (ref readonly var change in changes)
                {
                    mutations.Remember(change.Key, change.Current);
                }
            }

            _informer.TellLocked(changes, isInitialList);
            Volatile.Write(ref _version, version);
        }

        private void AdvanceStoreLocked(string? version)
        {
            if (version is not null)
            {
                _informer._store.Advance(_index, version);
            }
        }

        // The watch has come to this version: what was noted up to there has been shown, or is not so.
        private void ReachedLocked(ObjectKey? key, string? version)
        {
            if (version is not null)
            {
                Volatile.Write(ref _version, version);
                if (_overlay.Count > 0)
                {
                    _overlay.Pass(version, _revert);
                }
            }

            _informer.WakeLocked(key, version);
        }
    }
}
