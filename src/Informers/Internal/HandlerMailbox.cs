using System.Diagnostics;
using System.Threading.Channels;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

/// <summary>
/// What waits for one handler: at most one change a key, oldest key first. A slow handler costs memory for live keys, and nobody's time but its own.
/// One that is called synchronously (<see cref="HandlerOptions.CallSynchronously"/>) is called by those who post.
/// </summary>
/// <remarks>Whatever puts changes into the mailbox, or starts it, holds the lock of the informer.</remarks>
internal sealed partial class HandlerMailbox<T> : HandlerRegistration
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const int FirstWarningDepth = 1024;
    private static readonly TimeSpan SlowCall = TimeSpan.FromMilliseconds(100);

    // The mailbox whose handler's call (or what it started) the current code is part of.
    private static readonly AsyncLocal<HandlerMailbox<T>?> Current = new();

    private readonly IResourceHandler<T> _handler;
    private readonly bool _isSynchronous;
    private readonly string _resource;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TagList _tags;
    private readonly HandlerOptions _options;
    private readonly Random _random;
    private readonly Action<HandlerMailbox<T>> _resync;
    private readonly Action<HandlerMailbox<T>> _ended;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // _gate guards every field below. It is held for updates of them alone: never across an await or a callback.
    private readonly Lock _gate = new();
    private readonly KeyedQueue<Waiting> _waiting = new();
    private long _posted;                       // the number of the last key that was put at the end
    private long _inCall;                       // the number of the key whose call runs; 0: none
    private long _callStarted;
    private long? _initialEnd;                  // synced once every key up to this number is done; null: before the end of the list, and when it is done
    private int _warnAt = FirstWarningDepth;
    private bool _closed;
    private Task? _loop;

    /// <summary>Creates the mailbox of <paramref name="handler"/>.</summary>
    /// <param name="handler">Who is told.</param>
    /// <param name="handlerOptions">How.</param>
    /// <param name="resource">Of what.</param>
    /// <param name="options">The informer's clock and chance.</param>
    /// <param name="logger">Where failures are written.</param>
    /// <param name="resync">Posts all cached objects by <see cref="PostResync"/>, and then calls <see cref="EndResync"/>.</param>
    /// <param name="ended">Is called when the mailbox is closed and its last call has returned.</param>
    public HandlerMailbox(
        IResourceHandler<T> handler,
        HandlerOptions handlerOptions,
        KubeResource resource,
        SharedInformerFactoryOptions options,
        ILogger logger,
        Action<HandlerMailbox<T>> resync,
        Action<HandlerMailbox<T>> ended)
    {
        _handler = handler;
        // A view decodes before it tells, and a reader waits for whoever reads.
        _isSynchronous = handlerOptions.CallSynchronously && handler is not (IViewHandler or ChangeReader<T>);
        _options = handlerOptions;
        _resource = resource.ToString();
        _time = options.TimeProvider;
        _random = options.Random;
        _logger = logger;
        _tags = InformerInstruments.TagsOf(resource);
        _resync = resync;
        _ended = ended;
    }

    public override bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    public override int PendingCount
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    public override TimeSpan? InCallFor
    {
        get
        {
            lock (_gate)
            {
                return _inCall != 0 ? _time.GetElapsedTime(_callStarted) : null;
            }
        }
    }

    // Whom the log names.
    private Type HandlerType => _handler is IViewHandler view ? view.HandlerType : _handler.GetType();

    public override Task WaitForSyncAsync(CancellationToken cancellationToken = default) => _synced.Task.WaitAsync(cancellationToken);

    /// <summary>Puts one change into the mailbox.</summary>
    /// <inheritdoc cref="Post(ReadOnlySpan{StoreChange{T}}, bool)"/>
    public void Post(StoreChange<T> change, bool isInitialList) => Post(new ReadOnlySpan<StoreChange<T>>(in change), isInitialList);

    /// <summary>Puts changes into the mailbox; merges each with the one that waits for the same key.</summary>
    /// <param name="changes">What happened in the store.</param>
    /// <param name="isInitialList">They belong to the first list.</param>
    public void Post(ReadOnlySpan<StoreChange<T>> changes, bool isInitialList)
    {
        var warn = 0;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (changes.Length > 1)
            {
                _waiting.EnsureCapacity(_waiting.Count + changes.Length);
            }

            foreach (ref readonly var change in changes)
            {
                PutLocked(change, isInitialList);
            }

            if (_waiting.Count >= _warnAt && _inCall != 0 && _time.GetElapsedTime(_callStarted) > SlowCall)
            {
                warn = _waiting.Count;
                _warnAt *= 2;
            }
        }

        Wake();
        if (warn > 0)
        {
            LogSlow(_resource, warn, HandlerType);
        }
    }

    /// <summary>Puts a cached object into the mailbox, to be told again; unless a change of it waits.</summary>
    public void PostResync(ObjectKey key, T cached)
    {
        lock (_gate)
        {
            if (!_closed && !_waiting.Contains(key))
            {
                _waiting.GetOrAdd(key, out _) = new Waiting(++_posted, cached, false) { Current = cached };
            }
        }
    }

    /// <summary>All cached objects have been posted.</summary>
    public void EndResync() => Wake();

    /// <summary>All objects of the first list have been posted.</summary>
    public void EndInitialList()
    {
        lock (_gate)
        {
            _initialEnd ??= _posted;
            SyncIfDoneLocked();
        }
    }

    /// <summary>Starts to call the handler, on <paramref name="scheduler"/>.</summary>
    public void Start(TaskScheduler scheduler)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            var calls = _isSynchronous ? Task.CompletedTask : StartLoop(RunAsync, scheduler);
            _loop = _options.ResyncPeriod is { } period ? Task.WhenAll(calls, StartLoop(() => ResyncAsync(period), scheduler)) : calls;
        }

        Wake();
    }

    public override async ValueTask DisposeAsync()
    {
        Task? loop;
        bool first;
        lock (_gate)
        {
            first = !_closed;
            _closed = true;
            _waiting.Clear();
            loop = _loop;
        }

        if (first)
        {
            _synced.TrySetCanceled();
            _signal.Writer.TryComplete();
            // Not CancelAsync, which goes to the thread pool: all stays on the scheduler.
            _stopping.Cancel();
        }

        if (loop is not null && Current.Value != this)
        {
            await loop;
        }

        if (loop is null || _isSynchronous)
        {
            _ended(this);
        }
    }

    private static Task StartLoop(Func<Task> loop, TaskScheduler scheduler) =>
        Task.Factory.StartNew(loop, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();

    private void Wake()
    {
        if (!_isSynchronous)
        {
            _signal.Writer.TryWrite(true);
        }
        else if (_loop is not null)
        {
            Deliver();
        }
    }

    private void Deliver()
    {
        while (TryTake(out var change))
        {
            // A call that waits is not waited for: it would hold up the informer.
            if (!CallAsync(change).IsCompleted)
            {
                NoteFailure(
                    new InvalidOperationException(
                        $"The handler {HandlerType} of {_resource} waits, although it is to be called synchronously. Add it without {nameof(HandlerOptions.CallSynchronously)}."),
                    change);
            }
        }
    }

    private async Task CallAsync(ResourceChange<T> change)
    {
        try
        {
            await _handler.HandleAsync(change, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Asked to end, it has ended.
        }
        catch (Exception e)
        {
            NoteFailure(e, change);
        }
    }

    private void NoteFailure(Exception e, ResourceChange<T> change)
    {
        InformerInstruments.HandlerExceptions.Add(1, _tags);
        LogHandlerFailed(e, _resource, HandlerType, change.Kind, change.Key);
    }

    private async Task RunAsync()
    {
        Current.Value = this;
        do
        {
            while (TryTake(out var change))
            {
                await CallAsync(change);
            }

            // The signal may be of a change that was taken already; then one more look finds nothing.
            _signal.Reader.TryRead(out _);
        }
        while (HasWaiting() || await _signal.Reader.WaitToReadAsync());

        _ended(this);
    }

    private async Task ResyncAsync(TimeSpan period)
    {
        try
        {
            while (true)
            {
                await Task.Delay(period * (1 + (_options.ResyncJitter * _random.NextDouble())), _time, _stopping.Token);
                _resync(this);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The handler was removed.
        }
    }

    private void PutLocked(in StoreChange<T> change, bool isInitialList)
    {
        ref var waiting = ref _waiting.GetOrAdd(change.Key, out var isNew);
        if (isNew)
        {
            waiting = new Waiting(++_posted, change.Old, isInitialList);
        }
        else if (waiting.Told is null && change.Current is null && !_options.TellBriefObjects)
        {
            // Came and went before the handler knew of it.
            _waiting.Remove(change.Key);
            SyncIfDoneLocked();
            return;
        }

        waiting.Become(change);
    }

    private bool HasWaiting()
    {
        lock (_gate)
        {
            return _waiting.Count > 0;
        }
    }

    // Ends the call before, if there was one, and takes the next change.
    private bool TryTake(out ResourceChange<T> change)
    {
        lock (_gate)
        {
            _inCall = 0;
            SyncIfDoneLocked();
            if (!_waiting.TryPeek(out var key, out var first))
            {
                _warnAt = FirstWarningDepth;
                change = null!;
                return false;
            }

            if (first.CameAndWent)
            {
                // What is left of it in the mailbox is the deletion.
                change = first.ToAddition(key);
                _waiting.GetOrAdd(key, out _) = first.AfterAddition();
            }
            else if (_options.SplitRecreations && first.IsRecreation)
            {
                // What is left of it in the mailbox is the addition.
                change = first.ToDeletion(key);
                _waiting.GetOrAdd(key, out _) = new Waiting(first.Number, null, false) { Current = first.Current };
            }
            else
            {
                _waiting.Remove(key);
                change = first.ToChange(key);
            }

            _inCall = first.Number;
            _callStarted = _time.GetTimestamp();
            return true;
        }
    }

    private void SyncIfDoneLocked()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The numbers belong together only under _gate.");
        if (_initialEnd is { } end && (_inCall == 0 || _inCall > end) && (!_waiting.TryPeek(out _, out var oldest) || oldest.Number > end))
        {
            _initialEnd = null;
            _synced.TrySetResult();
        }
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "{Resource}: the handler {Handler} failed on {Change} of {Key}; it goes on with the next change")]
    private partial void LogHandlerFailed(Exception e, string resource, Type handler, ChangeKind change, ObjectKey key);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Resource}: {Count} changes wait for the handler {Handler}, which is slow; they are merged by key")]
    private partial void LogSlow(string resource, int count, Type handler);

    /// <summary>The way from what the handler was told to what is so now.</summary>
    private record struct Waiting(long Number, T? Told, bool IsInitialList)
    {
        // The last state of the object that the handler was told (or, before any, is to be told), once that object is gone; and whether it is the very last.
        private T? _last;
        private bool _isFinal;

        public T? Current { get; set; }

        public readonly bool IsRecreation => Told is not null && Current is not null && UidOf(Told) != UidOf(Current);

        /// <summary>It came and went before the handler knew of it.</summary>
        public readonly bool CameAndWent => Told is null && Current is null;

        // A dynamic object shows its uid without decoding its metadata.
        private static string? UidOf(T resource) => resource is DynamicObject dynamic ? dynamic.Uid : resource.Metadata.Uid;

        /// <summary>Takes the next step.</summary>
        public void Become(in StoreChange<T> change)
        {
            Current = change.Current;
            if (Current is null)
            {
                var last = change.Final ?? change.Old;
                if (last is not null && (Told is null || UidOf(last) == UidOf(Told)))
                {
                    _last = last;
                    _isFinal = change.Final is not null;
                }
                else
                {
                    // What went is a later object of this name, of which the handler never knew.
                    _last ??= Told;
                }
            }
        }

        public readonly ResourceChange<T> ToChange(ObjectKey key) => (Told, Current) switch
        {
            (null, _) => ToAddition(key),
            (_, null) => ToDeletion(key),
            _ => new ResourceChange<T>(ChangeKind.Updated, key, Told, Current) { IsResync = ReferenceEquals(Told, Current) },
        };

        public readonly ResourceChange<T> ToAddition(ObjectKey key) =>
            new(ChangeKind.Added, key, null, Current ?? _last) { IsInitialList = IsInitialList };

        public readonly Waiting AfterAddition() => this with { Told = _last };

        public readonly ResourceChange<T> ToDeletion(ObjectKey key) =>
            new(ChangeKind.Deleted, key, _last ?? Told, null) { IsFinalStateUnknown = !_isFinal };
    }
}
