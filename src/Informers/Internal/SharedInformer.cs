using System.Diagnostics;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

/// <summary>One cache, fed by a reflector for each namespace of its scope, and its handlers.</summary>
internal sealed partial class SharedInformer<T> : ISharedInformer<T>, IObservedInformer, IAsyncDisposable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly KubeResource<T> _resource;
    private readonly SharedInformerFactoryOptions _options;
    private readonly ILogger _logger;
    private readonly IndexedStore<T> _store;
    private readonly Source[] _sources;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // _gate guards writes to the store and every field below. It is held while one event (or one list) goes into the store and the mailboxes, so that a
    // handler that is added sees each object either in its replay or as a change; never across an await. User code under it: index functions alone.
    private readonly Lock _gate = new();
    private HandlerMailbox<T>[] _handlers = [];
    private Task[] _loops = [];
    private TaskScheduler? _scheduler;
    private bool _stopped;

    public SharedInformer(KubeResource<T> resource, InformerScope scope, IKubeTransport transport, SharedInformerFactoryOptions options)
    {
        _resource = resource;
        Scope = scope;
        _options = options;
        _logger = options.LoggerFactory.CreateLogger("CrMonitor.Informers");
        Tags = InformerInstruments.TagsOf(resource);
        string?[] namespaces = scope.Namespaces.Count == 0 ? [null] : [.. scope.Namespaces];
        _store = new IndexedStore<T>(ObjectForm<T>.Of(resource, options.KeepManagedFields), namespaces, LogIndexFailed);
        _sources = [.. namespaces.Select((ns, index) => new Source(this, index, ns, transport))];
    }

    public KubeResource Resource => _resource;

    public InformerScope Scope { get; }

    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    public ILister<T> Lister => _store;

    public IReadOnlyList<InvalidObject> InvalidObjects
    {
        get
        {
            lock (_gate)
            {
                return [.. _sources.SelectMany(source => source.InvalidLocked)];
            }
        }
    }

    public TagList Tags { get; }

    public int ObjectCount => _store.Count;

    public string? StoreVersion => _store.ResourceVersion;

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
                SinceLastProofOfLife = all.Any(health => health.SinceLastProofOfLife is null) ? null : all.Max(health => health.SinceLastProofOfLife),
                InvalidObjects = all.Sum(health => health.InvalidObjects),
            };
        }
    }

    public void Start()
    {
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

    public void AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        lock (_gate)
        {
            _store.AddIndex(name, values);
        }
    }

    public HandlerRegistration AddHandler(IResourceHandler<T> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var mailbox = new HandlerMailbox<T>(handler, _resource, _options.TimeProvider, _logger, Forget);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _store.ForEach(mailbox, static (target, key, cached) => target.Post(new StoreChange<T>(key, null, cached), null, isInitialList: true));
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
        lock (_gate)
        {
            _stopped = true;
            loops = _loops;
        }

        // Not CancelAsync, which goes to the thread pool: all stays on the scheduler.
        _stopping.Cancel();
        await Task.WhenAll(loops);
        _synced.TrySetCanceled();
        foreach (var handler in Volatile.Read(ref _handlers))
        {
            await handler.DisposeAsync();
        }

        InformerInstruments.Stopped(this);
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

    private void Forget(HandlerMailbox<T> mailbox)
    {
        lock (_gate)
        {
            _handlers = [.. _handlers.Where(handler => handler != mailbox)];
        }
    }

    private void TellLocked(StoreChange<T> change, T? final, bool isInitialList)
    {
        foreach (var handler in _handlers)
        {
            handler.Post(change, final, isInitialList);
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

    private void LogIndexFailed(string index, ObjectKey key, Exception e) => LogIndexFailed(e, _resource, index, key);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Resource}: the index {Index} failed on {Key}; it does not find this object")]
    private partial void LogIndexFailed(Exception e, KubeResource resource, string index, ObjectKey key);

    /// <summary>One reflector's way into the store. Its fields are written under the informer's gate.</summary>
    private sealed class Source : IReflectorSink<T>
    {
        private readonly SharedInformer<T> _informer;
        private readonly int _index;
        private readonly Dictionary<ObjectKey, InvalidObject> _invalid = [];
        private int _invalidCount;

        public Source(SharedInformer<T> informer, int index, string? ns, IKubeTransport transport)
        {
            _informer = informer;
            _index = index;
            Reflector = new Reflector<T>(informer._resource, ns, informer.Scope, transport, this, informer._options, informer._logger);
        }

        public Reflector<T> Reflector { get; }

        public bool HasSynced { get; private set; }

        public InformerHealth Health => Reflector.Health.Snapshot(HasSynced, Volatile.Read(ref _invalidCount));

        public IEnumerable<InvalidObject> InvalidLocked => _invalid.Values;

        public IndexedStore<T>.Replacement BeginReplace() => _informer._store.BeginReplace(_index);

        public void Replace(IndexedStore<T>.Replacement replacement, string version, IReadOnlyCollection<InvalidObject> invalid)
        {
            lock (_informer._gate)
            {
                var isInitialList = !HasSynced;
                replacement.Commit(version, change => _informer.TellLocked(change, null, isInitialList));
                _invalid.Clear();
                foreach (var listed in invalid)
                {
                    _invalid[listed.Key] = listed;
                }

                Volatile.Write(ref _invalidCount, _invalid.Count);
                if (!HasSynced)
                {
                    HasSynced = true;
                    _informer.SourceSyncedLocked();
                }
            }
        }

        public void Apply(ObjectKey key, T? current, T? final, string? version)
        {
            lock (_informer._gate)
            {
                var change = _informer._store.Write(_index, key, current, version);
                if (change.Old is not null || change.Current is not null)
                {
                    _informer.TellLocked(change, final, isInitialList: false);
                }

                if (_invalid.Remove(key))
                {
                    Volatile.Write(ref _invalidCount, _invalid.Count);
                }
            }
        }

        public void Invalid(InvalidObject? invalid, string? version)
        {
            lock (_informer._gate)
            {
                if (version is not null)
                {
                    _informer._store.Advance(_index, version);
                }

                if (invalid is not null)
                {
                    _invalid[invalid.Key] = invalid;
                    Volatile.Write(ref _invalidCount, _invalid.Count);
                }
            }
        }

        public void Bookmark(string version)
        {
            lock (_informer._gate)
            {
                _informer._store.Advance(_index, version);
            }
        }
    }
}
