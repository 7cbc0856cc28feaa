using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace CrMonitor.WorkQueue;

/// <summary>A queue of keys for controllers: it says what needs a run, not how often that was said.</summary>
/// <remarks>
/// <para>Guarantees, for any number of producers and workers; all members may be called from any thread:</para>
/// <list type="bullet">
/// <item>A key is in the queue once, however often it is added.</item>
/// <item>A key is never with two workers. Added while it is held, it is handed out exactly once more, after its worker is done.</item>
/// <item>
/// Keys are handed out in the order in which they became ready: by an addition, at the deadline of a delayed one, or when a worker is done with a
/// key that was added meanwhile. <see cref="WorkQueueOptions{TKey}.Order"/> can ask for another order: by priority, or fair between flows.
/// </item>
/// <item>A cancelled <see cref="TakeAsync"/> takes no key with it.</item>
/// <item>Additions and ends of work take no lock while no worker waits: they do not wait for each other, nor for those who take keys.</item>
/// <item>Nothing polls: there is one timer, set to the earliest deadline, and asleep when no key waits.</item>
/// <item>Code of others (limiters, schedulers, timers, the functions of a fair order) runs outside the queue's lock, except comparers.</item>
/// </list>
/// <para>
/// Assumptions: each <see cref="WorkItem{TKey}"/> is disposed once, and each task of <see cref="TakeAsync"/> is awaited; else its key stays with
/// that worker for ever.
/// </para>
/// </remarks>
/// <typeparam name="TKey">What identifies the work: a small immutable value.</typeparam>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public sealed class WorkQueue<TKey> : IDisposable, IMeasuredQueue where TKey : notnull
{
    // So that a flood of keys that fall due together does not keep producers and workers out for long.
    private const int MaxReleasesAtOnce = 1024;

    // How early the bucket of a posted key is fetched, and the entry whose hand-out ended: another processor may have written it last.
    private const int MessagesAhead = 3;

    // How many messages a producer reads that finds the inbox full: few, for workers wait for the lock meanwhile.
    private const int MessagesForRoom = Inbox<TKey>.Capacity / 8;

    // Invariants under a full check only up to here, so that Debug builds stay usable with many keys.
    private const int MaxEntriesFullyChecked = 64;

    // What system timers accept; a longer delay is reached in several steps.
    private static readonly TimeSpan MaxTimerDelay = TimeSpan.FromDays(49);

    private readonly TimeProvider _timeProvider;
    private readonly double _timestampsPerSecond;
    private readonly IRateLimiter<TKey> _rateLimiter;
    private readonly IHashedRateLimiter<TKey>? _hashedRateLimiter; // the same, if it can use the hashes and timestamps of the queue
    private readonly string? _name;
    private readonly KeyValuePair<string, object?> _nameTag;
    private readonly WorkQueueInstruments? _instruments; // null: nothing is measured
    private readonly bool _ages;                         // with several priorities, the order asks for the times of entries
    private readonly Posts<TKey>? _posts;                // null: keys have no flows
    private readonly bool _hasLimits;

    // _gate guards the fields of this group. It is held for updates alone: never across an await or a callback, except comparers.
    // A method named ...Locked is called with it held. Timestamps are those of _timeProvider.
    private readonly Lock _gate = new();
    private readonly Inbox<TKey> _inbox = new();     // read first of all by whoever takes _gate; closed while somebody is parked, and by a shutdown
    private readonly Entries _entries;               // what is known of every key: that of _table
    private readonly EntryTable<TKey> _table;        // every key that is ready, waiting or held
    private readonly ReadyKeys<TKey> _ready;         // dirty and not held
    private QueueCounts _counts; // with room before it: producers read what is above, and each hand-out writes what is below
    private EntryList<OrderLinks> _processing = new(); // held, in the order of hand-out
    private Deadlines _waiting;                      // waiting, by deadline; may be held as well
    private int _dirtyAndHeld;                       // how many keys will be ready when their workers are done
    private WaiterList<TKey> _parked;                // calls of TakeAsync that found nothing; empty while a key may be handed out
    private TakeWaiter<TKey>? _spareWaiters;         // to be used again, linked by Next
    private TaskCompletionSource? _drained;          // completed when a drain has nothing more to wait for
    private Aftermath<TKey> _aftermath;              // what whoever holds _gate has to do once he let it go
    private volatile bool _isShutDown;               // written under _gate
    private volatile bool _timesAdditions;           // additions read the clock; written under _gate

    // Until when the timer will look into the inbox at the latest, as a timestamp: a posted addition with an earlier deadline has to be read at once.
    // Written under _gate.
    private long _nextWake = long.MaxValue;

    // The timer belongs to the thread that raised _timerRequests from 0: see ReleaseDue.
    private int _timerRequests;
    private ITimer? _timer;
    private long? _timerDue;
    private bool _timerHasFired; // set by the timer itself

    /// <summary>Creates an empty queue.</summary>
    /// <param name="options">The settings; defaults if null.</param>
    public WorkQueue(WorkQueueOptions<TKey>? options = null)
    {
        options ??= new WorkQueueOptions<TKey>();
        _timeProvider = options.TimeProvider;
        _timestampsPerSecond = _timeProvider.TimestampFrequency;
        _rateLimiter = options.RateLimiter ?? new ExponentialRateLimiter<TKey>(comparer: options.Comparer, timeProvider: _timeProvider);
        _hashedRateLimiter = _rateLimiter is IHashedRateLimiter<TKey> hashed && hashed.Shares(options.Comparer, _timeProvider) ? hashed : null;
        _table = new EntryTable<TKey>(options.Comparer);
        _entries = _table.Entries;
        _ready = options.Order?.CreateReadyKeys(_timeProvider) ?? new FifoReadyKeys<TKey>();
        _waiting = new Deadlines(_timeProvider);
        _name = options.Name;
        _nameTag = new("name", _name);
        if (_name is not null)
        {
            _instruments = WorkQueueInstruments.Get(options.MeterFactory);
            _instruments.Register(this);
        }

        _timesAdditions = _instruments is not null;
        _ages = _ready.Ages;
        _posts = _ready.Posts;
        _hasLimits = _ready.HasLimits;
    }

    /// <summary>How many keys are ready. Keys that are waiting or with a worker do not count.</summary>
    public int Count => Locked(static queue => queue._ready.Count);

    /// <summary>How many keys wait for a deadline. A key can be waiting and processing at once.</summary>
    public int WaitingCount => Locked(static queue => queue._waiting.Count);

    /// <summary>How many keys are with a worker.</summary>
    public int ProcessingCount => Locked(static queue => queue._processing.Count);

    /// <summary>How many additions were refused because the queue was shut down.</summary>
    public long RefusedCount => Locked(static queue => queue._counts.Refused);

    /// <summary>Whether additions are refused, since <see cref="ShutDown"/>, <see cref="DrainAsync"/> or <see cref="Dispose"/> was called.</summary>
    public bool IsShutDown => _isShutDown;

    KeyValuePair<string, object?> IMeasuredQueue.NameTag => _nameTag;

    bool IMeasuredQueue.HasFlows => _posts is not null;

    PriorityLabels IMeasuredQueue.PriorityLabels { get; } = new();

    private string DebuggerDisplay =>
        $"{_name ?? "WorkQueue"}: {_ready.Count} ready, {_waiting.Count} waiting, {_processing.Count} processing{(_isShutDown ? ", shut down" : "")}";

    private long EarliestDueLocked => _waiting.Count == 0 ? long.MaxValue : _waiting.EarliestDue;

    // After a shutdown: no key is ready, and none can become so.
    private bool HasEndedLocked => _isShutDown && _ready.Count == 0 && _dirtyAndHeld == 0;

    /// <summary>
    /// Makes the key ready, if it is not yet. A key that is held becomes ready when its worker is done. A waiting key waits no longer.
    /// </summary>
    /// <param name="key">The key that needs a run.</param>
    /// <returns>False if the queue was shut down: the key was refused and counted as such.</returns>
    /// <remarks>Of the same effect as a priority of 0.</remarks>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public bool Add(TKey key) => AddNow(key, priority: 0, MessageKind.Addition);

    /// <inheritdoc cref="Add(TKey)"/>
    /// <param name="key">The key that needs a run.</param>
    /// <param name="priority">
    /// Higher comes first, if the queue's order knows priorities. Of several additions before a hand-out the highest priority counts. A ready key
    /// whose priority is raised goes behind those that have that priority already.
    /// </param>
    public bool Add(TKey key, int priority) => AddNow(key, priority, MessageKind.Addition);

    /// <summary>
    /// Makes the key ready after a delay. If it is ready already, or will be when its worker is done, nothing changes; if it waits already, the
    /// earlier deadline counts.
    /// </summary>
    /// <param name="key">The key that needs a run later.</param>
    /// <param name="delay">
    /// How long from now; zero or less makes the key ready at once. Deadlines are met to the millisecond, as far as the timer of the system goes.
    /// </param>
    /// <returns>False if the queue was shut down: the key was refused and counted as such.</returns>
    /// <remarks>Keys whose deadlines are less than a millisecond apart become ready in no particular order.</remarks>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public bool AddAfter(TKey key, TimeSpan delay) => AddAfter(key, delay, priority: 0);

    /// <inheritdoc cref="AddAfter(TKey, TimeSpan)"/>
    /// <param name="key">The key that needs a run later.</param>
    /// <param name="delay">How long from now; zero or less makes the key ready at once.</param>
    /// <param name="priority">
    /// As in <see cref="Add(TKey, int)"/>. The priority of a key that is ready or waiting can be raised in this way too.
    /// </param>
    public bool AddAfter(TKey key, TimeSpan delay, int priority) => AddAfter(key, delay, priority, WaitingRule.EarlierDeadline);

    /// <inheritdoc cref="AddAfter(TKey, TimeSpan, int)"/>
    /// <param name="key">The key that needs a run later.</param>
    /// <param name="delay">How long from now; zero or less makes the key ready at once.</param>
    /// <param name="priority">
    /// As in <see cref="Add(TKey, int)"/>. The priority of a key that is ready or waiting can be raised in this way too.
    /// </param>
    /// <param name="rule">Which deadline counts if the key waits for one already.</param>
    public bool AddAfter(TKey key, TimeSpan delay, int priority, WaitingRule rule)
    {
        if (delay <= TimeSpan.Zero)
        {
            return AddNow(key, priority, MessageKind.Retry);
        }

        ThrowIfNull(key);
        return AddLater(key, _table.Hash(key), Deadline(_timeProvider.GetTimestamp(), delay), priority, rule);
    }

    /// <summary>Makes the key ready after the delay that the rate limiter gives for one more retry: an <c>AddAfter</c> with that delay.</summary>
    /// <param name="key">The key to try again.</param>
    /// <returns>False if the queue was shut down: the key was refused and counted as such.</returns>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public bool AddRateLimited(TKey key) => AddRateLimited(key, priority: 0);

    /// <inheritdoc cref="AddRateLimited(TKey)"/>
    /// <param name="key">The key to try again.</param>
    /// <param name="priority">As in <see cref="Add(TKey, int)"/>.</param>
    public bool AddRateLimited(TKey key, int priority)
    {
        ThrowIfNull(key);

        if (_isShutDown)
        {
            // A refused retry must not leave a count behind that nobody will forget.
            return AddNow(key, priority, MessageKind.Retry);
        }

        if (_hashedRateLimiter is null)
        {
            return AddAfter(key, _rateLimiter.When(key), priority);
        }

        var hash = _table.Hash(key);
        var now = _timeProvider.GetTimestamp();
        var delay = _hashedRateLimiter.When(key, hash, now);
        return delay <= TimeSpan.Zero
            ? AddNow(key, priority, MessageKind.Retry)
            : AddLater(key, hash, Deadline(now, delay), priority, WaitingRule.EarlierDeadline);
    }

    /// <summary>Resets the rate limiter for the key: after success, and when its object is gone. The key stays in the queue if it is there.</summary>
    /// <param name="key">The key to forget.</param>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public void Forget(TKey key)
    {
        ThrowIfNull(key);
        _rateLimiter.Forget(key);
    }

    /// <summary>How often the key was added with <see cref="AddRateLimited(TKey)"/> since it was last forgotten.</summary>
    /// <param name="key">The key to look up.</param>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public int Retries(TKey key)
    {
        ThrowIfNull(key);
        return _rateLimiter.Retries(key);
    }

    /// <summary>
    /// Takes back what was added and not yet handed out: the key is neither ready nor waiting any more, and will not run again after the worker
    /// that holds it. The rate limiter is not touched.
    /// </summary>
    /// <param name="key">The key that needs no run any more.</param>
    /// <returns>Whether there was anything to take back.</returns>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public bool Cancel(TKey key)
    {
        ThrowIfNull(key);
        var hash = _table.Hash(key);
        using (Enter())
        {
            var wasQueued = CancelLocked(key, hash);
            EndLocked();
            return wasQueued;
        }
    }

    /// <summary>Hands out the next key as soon as there is one. Callers that wait are served in the order of their calls.</summary>
    /// <param name="cancellationToken">Ends the wait. A key that was assigned before is still handed out.</param>
    /// <returns>The key, to be disposed when the work is done; null when the queue was shut down and no key is or can become ready.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; no key was taken.</exception>
    public ValueTask<WorkItem<TKey>?> TakeAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<WorkItem<TKey>?>(cancellationToken);
        }

        return TryTakeOrWait(cancellationToken, out var item, out var waiter) ? new ValueTask<WorkItem<TKey>?>(item)
            : waiter is null ? default
            : waiter.Task;
    }

    /// <summary>Hands out the next key if there is one now.</summary>
    /// <param name="item">The key, to be disposed when the work is done.</param>
    /// <returns>False if no key may be handed out now; whether one will come is not said.</returns>
    public bool TryTake(out WorkItem<TKey> item)
    {
        var now = TakeTimestamp();
        HandOut handOut;
        while ((handOut = Take(now)).Slot == HandOut.NeedsTime)
        {
            now = _timeProvider.GetTimestamp();
        }

        if (handOut.Slot < 0)
        {
            item = default;
            return false;
        }

        MeasureQueueDuration(handOut.TimeInQueue);
        item = Item(handOut);
        return true;
    }

    /// <summary>Hands out keys until the queue is shut down and empty. Several enumerations can run at once; each key goes to one of them.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The keys, each to be disposed when the work on it is done.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; no key was lost.</exception>
    public IAsyncEnumerable<WorkItem<TKey>> ReadAllAsync(CancellationToken cancellationToken = default) =>
        new WorkItemStream<TKey>(this, cancellationToken);

    /// <summary>
    /// Refuses further additions. Ready keys are still handed out, also those that are held and were added meanwhile; waiting keys stay where they
    /// are and are not handed out any more.
    /// A drain that is under way ends now. May be called again.
    /// </summary>
    public void ShutDown() => Stop(dropKeys: false);

    /// <summary>
    /// Shuts down, then waits until no key is ready or processing. Workers must go on taking keys meanwhile. Waiting keys are not waited for.
    /// </summary>
    /// <param name="deadline">How long to wait at most; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Gives up the wait; the queue stays shut down.</param>
    /// <returns>What was left: nothing ready or processing, unless the deadline passed or <see cref="ShutDown"/> was called meanwhile.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative, or above 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<DrainReport<TKey>> DrainAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        if (deadline != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(deadline, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(deadline, MaxTimerDelay);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var start = _timeProvider.GetTimestamp();
        Task drained;
        using (Enter())
        {
            // From now on every end of work comes by the lock and finds who waits for the last one.
            _inbox.Close();
            ShutDownLocked();
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            drained = _drained.Task;
            EndLocked();
        }

        try
        {
            await drained.WaitAsync(deadline, _timeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The report says what was left.
        }

        return new DrainReport<TKey>(Snapshot(), _timeProvider.GetElapsedTime(start));
    }

    /// <summary>What the queue holds at this instant. Takes the time of a copy of all keys.</summary>
    public WorkQueueSnapshot<TKey> Snapshot()
    {
        var now = _timeProvider.GetTimestamp();
        TKey[] ready;
        (TKey Key, long Due)[] waiting;
        ProcessingKey<TKey>[] processing;
        bool isShutDown;
        using (Enter())
        {
            isShutDown = _isShutDown;
            var slots = new int[_ready.Count];
            _ready.CopyTo(_entries, slots);
            ready = KeysLocked(slots);

            processing = new ProcessingKey<TKey>[_processing.Count];
            for (int slot = _processing.First, i = 0; slot >= 0; slot = _entries[slot].Next, i++)
            {
                ref var entry = ref _entries[slot];
                processing[i] = new ProcessingKey<TKey>(
                    _table.KeyOf(slot), _instruments is null ? null : Elapsed(entry.TakenAt, now), entry.IsDirty);
            }

            slots = new int[_waiting.Count];
            _waiting.CopyTo(_entries, slots);
            waiting = new (TKey, long)[slots.Length];
            for (var i = 0; i < waiting.Length; i++)
            {
                ref var entry = ref _entries[slots[i]];
                waiting[i] = (_table.KeyOf(slots[i]), _waiting.DueOf(entry));
            }
        }

        Array.Sort(waiting, static (a, b) => a.Due.CompareTo(b.Due));
        return new WorkQueueSnapshot<TKey>(
            ready,
            Array.ConvertAll(waiting, w => new WaitingKey<TKey>(w.Key, _timeProvider.GetElapsedTime(now, w.Due))),
            processing,
            isShutDown);
    }

    /// <summary>
    /// Shuts down, drops the keys that are ready or waiting, and ends the measurements. Items that are held can still be disposed. May be called
    /// again.
    /// </summary>
    public void Dispose()
    {
        Stop(dropKeys: true);
        _instruments?.Unregister(this);
    }

    IReadOnlyDictionary<int, int>? IMeasuredQueue.CountByPriority() => Locked(static queue => queue._ready.CountByPriority());

    QueueState IMeasuredQueue.Observe()
    {
        var now = _timeProvider.GetTimestamp();
        return Locked(queue => queue.ObserveLocked(now));
    }

    /// <summary>Takes a key, or else begins to wait, unless no key can come any more.</summary>
    internal bool TryTakeOrWait(CancellationToken cancellationToken, out WorkItem<TKey> item, out TakeWaiter<TKey>? waiter)
    {
        var now = TakeTimestamp();
        HandOut handOut;
        while ((handOut = TakeOrPark(now, out waiter)).Slot == HandOut.NeedsTime)
        {
            now = _timeProvider.GetTimestamp();
        }

        if (handOut.Slot < 0)
        {
            // It may be completed by now, but it is not used again before its task has been awaited.
            waiter?.CancelWith(cancellationToken);
            item = default;
            return false;
        }

        MeasureQueueDuration(handOut.TimeInQueue);
        item = Item(handOut);
        return true;
    }

    internal void Done(int slot, uint version, TKey key)
    {
        ref var entry = ref _entries[slot];
        if (Interlocked.CompareExchange(ref entry.Version, version + 1, version) != version)
        {
            throw new InvalidOperationException(
                $"The hand-out of '{key}' has ended before: its work item was disposed twice. Dispose each item once, when the work on it is done.");
        }

        // Instruments measure the work, and a flow below its limit again may have an aged key; nothing else asks for the time.
        var now = _instruments is not null || _hasLimits ? _timeProvider.GetTimestamp() : 0;
        var takenAt = entry.TakenAt;
        if (_inbox.TryReserve() is >= 0 and var position)
        {
            _inbox.Publish(position, new Message<TKey> { Kind = MessageKind.EndOfHandOut, Slot = slot, Hash = entry.Hash, At = now });
        }
        else
        {
            EndHandOutByLock(slot, now);
        }

        if (_instruments is { WorkDuration: { Enabled: true } workDuration })
        {
            workDuration.Record(Seconds(now - takenAt), _nameTag);
        }
    }

    /// <summary>Takes a waiter back from the parked ones, unless it has been released already.</summary>
    internal bool TryUnpark(TakeWaiter<TKey> waiter)
    {
        lock (_gate)
        {
            if (!waiter.IsParked)
            {
                return false;
            }

            UnparkLocked(waiter);
            waiter.IsCanceled = true;
            AssertInvariantsLocked();
            return true;
        }
    }

    /// <summary>Keeps a waiter for later use.</summary>
    internal void Return(TakeWaiter<TKey> waiter)
    {
        lock (_gate)
        {
            waiter.Next = _spareWaiters;
            _spareWaiters = waiter;
            AssertInvariantsLocked();
        }
    }

    internal void MeasureQueueDuration(long timeInQueue)
    {
        if (_instruments is { QueueDuration: { Enabled: true } queueDuration })
        {
            queueDuration.Record(Seconds(timeInQueue), _nameTag);
        }
    }

    /// <summary>A difference of timestamps as a time.</summary>
    internal TimeSpan ToTime(long timestamps) => _timeProvider.GetElapsedTime(0, timestamps);

    private static void ThrowIfNull(TKey key, [CallerArgumentExpression(nameof(key))] string? name = null)
    {
        // Not ArgumentNullException.ThrowIfNull, and not the second test alone: either boxes a key which is a value, the latter in unoptimised code.
        if (!typeof(TKey).IsValueType && key is null)
        {
            throw new ArgumentNullException(name);
        }
    }

    private void ReadInbox(int maxMessages = int.MaxValue)
    {
        using (Enter(maxMessages))
        {
            // That is all: entering reads it.
        }
    }

    /// <summary>Does what was posted before this thread took the lock.</summary>
    private void ReadInboxLocked(int maxMessages = int.MaxValue)
    {
        // Those that come meanwhile may wait.
        for (var end = Math.Min(_inbox.End, _inbox.Position + maxMessages); _inbox.Position < end;)
        {
            var place = _inbox.Peek();
            if (_inbox.Position + MessagesAhead < end)
            {
                ref readonly var next = ref _inbox.Ahead(_inbox.Position + MessagesAhead);
                _entries.Index.Prefetch(next.Hash);
                if (next.Kind == MessageKind.EndOfHandOut)
                {
                    _entries.Prefetch(next.Slot);
                }
            }

            var message = _inbox.Read(place);
            var flow = _posts?.At(place);
            _inbox.Free(place);
            if (message.Kind == MessageKind.EndOfHandOut)
            {
                EndHandOutLocked(message.Slot, message.At);
            }
            else
            {
                AddLocked(message, WaitingRule.EarlierDeadline, flow);
            }
        }
    }

    // The order may still find that it needs the time.
    private long? TakeTimestamp() =>
        _instruments is not null || _ready.MayNeedTime ? _timeProvider.GetTimestamp() : null;

    // A key may have been added by a thread that read the clock a little later than the one that takes it.
    private TimeSpan Elapsed(long from, long to) => to <= from ? TimeSpan.Zero : _timeProvider.GetElapsedTime(from, to);

    private double Seconds(long timestamps) => Math.Max(0, timestamps) / _timestampsPerSecond;

    private long Deadline(long now, TimeSpan delay)
    {
        var ticks = delay.Ticks * (_timestampsPerSecond / TimeSpan.TicksPerSecond);
        return ticks < long.MaxValue - now ? now + (long)ticks : long.MaxValue;
    }

    private TResult Locked<TResult>(Func<WorkQueue<TKey>, TResult> read)
    {
        using (Enter())
        {
            return read(this);
        }
    }

    private QueueState ObserveLocked(long now)
    {
        var unfinished = TimeSpan.Zero;
        for (var slot = _processing.First; slot >= 0; slot = _entries[slot].Next)
        {
            unfinished += Elapsed(_entries[slot].TakenAt, now);
        }

        return new QueueState(
            _ready.Count,
            _counts.Adds,
            _counts.Retries,
            _counts.Refused,
            unfinished.TotalSeconds,
            _processing.First < 0 ? 0 : Elapsed(_entries[_processing.First].TakenAt, now).TotalSeconds,
            _ready.OldestQueuedAt(_entries) is { } oldest ? Elapsed(oldest, now).TotalSeconds : 0,
            _ready.FlowCount);
    }

    private bool AddNow(TKey key, int priority, MessageKind kind)
    {
        ThrowIfNull(key);
        NoticePriority(priority);
        var now = _timesAdditions ? _timeProvider.GetTimestamp() : 0;
        var addition = new Message<TKey> { Kind = kind, Key = key, Hash = _table.Hash(key), Priority = priority, At = now };
        var flow = FlowOf(key);
        return TryPost(addition, flow) || AddByLock(addition, flow);
    }

    private bool AddLater(TKey key, uint hash, long due, int priority, WaitingRule rule)
    {
        NoticePriority(priority);
        var addition = new Message<TKey> { Kind = MessageKind.DelayedRetry, Key = key, Hash = hash, Priority = priority, At = due };

        var flow = FlowOf(key);

        // A new deadline may be later than that for which the timer is set, which would then wake somebody for nothing.
        if (rule == WaitingRule.NewDeadline || !TryPost(addition, flow))
        {
            return AddByLock(addition, flow, rule);
        }

        if (due < Volatile.Read(ref _nextWake))
        {
            ReadInbox();
        }

        return true;
    }

    /// <summary>Sees to it that keys age from the first priority but 0 on. Before, none can be passed over, and additions need no clock.</summary>
    private void NoticePriority(int priority)
    {
        if (priority != 0 && _ages && !_timesAdditions)
        {
            BeginAgeing();
        }
    }

    private void BeginAgeing()
    {
        var now = _timeProvider.GetTimestamp();
        using (Enter())
        {
            if (!_timesAdditions)
            {
                _ready.BeginAgeing(now);
                _timesAdditions = true;
            }
        }
    }

    // After a shutdown additions are refused, so that nobody needs to know.
    private FlowId? FlowOf(TKey key) => _posts is null || _isShutDown ? null : _posts.FlowOf(key);

    /// <returns>False if the addition must come by the lock.</returns>
    private bool TryPost(in Message<TKey> addition, FlowId? flow)
    {
        var position = _inbox.TryReserveForAddition();
        if (position < 0 && !_inbox.IsClosedToAdditions)
        {
            ReadInbox(MessagesForRoom);
            position = _inbox.TryReserveForAddition();
        }

        if (position < 0)
        {
            return false;
        }

        if (flow is not null)
        {
            _posts!.Put(position, flow);
        }

        _inbox.Publish(position, addition);
        return true;
    }

    private bool AddByLock(in Message<TKey> addition, FlowId? flow, WaitingRule rule = WaitingRule.EarlierDeadline)
    {
        using (Enter())
        {
            if (_isShutDown)
            {
                _counts.Refused++;
                return false;
            }

            AddLocked(addition, rule, flow);
            return true;
        }
    }

    private void AddLocked(in Message<TKey> addition, WaitingRule rule, FlowId? flow)
    {
        var slot = FindOrInsertLocked(addition.Key, addition.Hash, flow);
        var priority = addition.Priority;
        _counts.Retries += addition.Kind == MessageKind.Addition ? 0 : 1;
        ref var entry = ref _entries[slot];
        if (entry.IsDirty)
        {
            RaiseLocked(slot, priority);
            return;
        }

        if (addition.Kind == MessageKind.DelayedRetry)
        {
            WaitLocked(slot, addition.At, priority, rule);
            return;
        }

        if (entry.IsWaiting)
        {
            priority = Math.Max(priority, entry.Priority);
            StopWaitingLocked(slot);
        }

        MakeDirtyLocked(slot, priority, addition.At);
    }

    private int FindOrInsertLocked(TKey key, uint hash, FlowId? flow)
    {
        var slot = _table.Find(key, hash);
        if (slot >= 0)
        {
            return slot;
        }

        if (flow is null)
        {
            return _table.Insert(key, hash);
        }

        // First what can throw.
        if (flow.Number < 0)
        {
            _ready.Register(flow);
        }

        slot = _table.Insert(key, hash);
        _ready.Enter(_entries, slot, flow);
        return slot;
    }

    private void RemoveLocked(int slot)
    {
        if (_posts is not null)
        {
            _ready.Leave(_entries, slot);
        }

        _table.Remove(slot);
    }

    /// <summary>Marks that a key needs a run which needed none; what it waited for has been settled by the caller.</summary>
    private void MakeDirtyLocked(int slot, int priority, long now)
    {
        ref var entry = ref _entries[slot];
        _counts.Adds++;
        entry.QueuedAt = now;
        entry.Priority = priority;
        entry.State |= EntryState.Dirty;
        if (entry.IsHeld)
        {
            _dirtyAndHeld++;
        }
        else
        {
            MakeReadyLocked(slot, now);
        }
    }

    private bool CancelLocked(TKey key, uint hash)
    {
        var slot = _table.Find(key, hash);
        if (slot < 0 || _entries[slot].State == EntryState.Held)
        {
            return false;
        }

        ref var entry = ref _entries[slot];
        if (entry.IsWaiting)
        {
            StopWaitingLocked(slot);
        }

        switch (entry.State)
        {
            case EntryState.Dirty:
                _ready.Remove(_entries, slot);
                break;
            case EntryState.Dirty | EntryState.Held:
                _dirtyAndHeld--;
                break;
        }

        entry.State &= ~EntryState.Dirty;
        if (entry.State == EntryState.None)
        {
            RemoveLocked(slot);
        }

        return true;
    }

    private void RaiseLocked(int slot, int priority)
    {
        ref var entry = ref _entries[slot];
        if (priority <= entry.Priority)
        {
            return;
        }

        if (entry.IsHeld)
        {
            entry.Priority = priority;
        }
        else
        {
            _ready.Raise(_entries, slot, priority);
        }
    }

    private void MakeReadyLocked(int slot, long now)
    {
        if (_posts is null && _parked.First is { } waiter)
        {
            // Somebody waits, so no other key is ready, and this one's turn has come.
            ReleaseLocked(waiter, Item(HandOutLocked(slot, now)));
            return;
        }

        _ready.Append(_entries, slot);
        if (_parked.First is not null)
        {
            ServeLocked(now);
        }
    }

    /// <summary>Hands out ready keys to those who wait, as far as keys may be handed out.</summary>
    private void ServeLocked(long now)
    {
        while (_parked.First is { } waiter && _ready.Take(_entries, now) is >= 0 and var slot)
        {
            ReleaseLocked(waiter, Item(HandOutLocked(slot, now)));
        }
    }

    private HandOut HandOutLocked(int slot, long? now)
    {
        ref var entry = ref _entries[slot];
        entry.State = EntryState.Held;
        entry.TakenAt = now.GetValueOrDefault();
        _processing.Append(_entries, slot);
        // A key may have been added by a thread that read the clock a little later.
        var timeInQueue = _instruments is null ? WorkItem<TKey>.NotMeasured : Math.Max(0, entry.TakenAt - entry.QueuedAt);
        return new HandOut(slot, entry.Version, entry.Priority, timeInQueue);
    }

    // The key of a held entry stays where it is, so this needs no lock.
    private WorkItem<TKey> Item(in HandOut handOut) => new(this, _table.KeyOf(handOut.Slot), handOut);

    private HandOut Take(long? now)
    {
        using (Enter())
        {
            var slot = _ready.Take(_entries, now);
            return slot >= 0 ? HandOutLocked(slot, now) : new HandOut(slot);
        }
    }

    /// <summary>Takes a key, or else parks the caller, unless the order needs to know the time, or no key can come any more.</summary>
    private HandOut TakeOrPark(long? now, out TakeWaiter<TKey>? waiter)
    {
        waiter = null;
        using (Enter())
        {
            var slot = _ready.Take(_entries, now);
            if (slot == HandOut.None && !_inbox.IsClosed)
            {
                // From now on every addition comes by the lock and finds who waits; what was posted until now has to be seen here.
                _inbox.Close();
                ReadInboxLocked();
                slot = _ready.Take(_entries, now);
                if (slot != HandOut.None)
                {
                    _inbox.Open();
                }
            }

            if (slot >= 0)
            {
                return HandOutLocked(slot, now);
            }

            if (slot == HandOut.None && !HasEndedLocked)
            {
                waiter = ParkLocked();
            }

            return new HandOut(slot);
        }
    }

    private void EndHandOutByLock(int slot, long now)
    {
        using (Enter())
        {
            EndHandOutLocked(slot, now);
        }
    }

    private void EndHandOutLocked(int slot, long now)
    {
        ref var entry = ref _entries[slot];
        entry.State &= ~EntryState.Held;
        _processing.Remove(_entries, slot);
        if (_hasLimits)
        {
            _ready.EndHandOut(_entries, slot);
        }

        if (entry.State == EntryState.Dirty)
        {
            _dirtyAndHeld--;
            MakeReadyLocked(slot, now);
        }
        else if (entry.State == EntryState.None)
        {
            RemoveLocked(slot);
        }

        if (_hasLimits)
        {
            // One more key of its flow may be in work now.
            ServeLocked(now);
        }

        EndLocked();
    }

    private TakeWaiter<TKey> ParkLocked()
    {
        var waiter = _spareWaiters ?? new TakeWaiter<TKey>(this);
        _spareWaiters = waiter.Next;
        _parked.Append(waiter);
        waiter.IsParked = true;
        return waiter;
    }

    private void ReleaseLocked(TakeWaiter<TKey> waiter, WorkItem<TKey>? item)
    {
        UnparkLocked(waiter);
        waiter.Item = item;
        _aftermath.Release(waiter);
    }

    private void UnparkLocked(TakeWaiter<TKey> waiter)
    {
        _parked.Remove(waiter);
        waiter.IsParked = false;
        if (_parked.First is null && _drained is null)
        {
            _inbox.Open();
        }
    }

    /// <summary>Lets waiters and drains go when a shut-down queue has nothing more for them.</summary>
    private void EndLocked()
    {
        if (!HasEndedLocked)
        {
            return;
        }

        while (_parked.First is { } waiter)
        {
            ReleaseLocked(waiter, item: null);
        }

        if (_processing.Count == 0 && _drained is { } drained)
        {
            _aftermath.Drained = drained;
            _drained = null;
        }
    }

    private void Stop(bool dropKeys)
    {
        using (Enter())
        {
            ShutDownLocked();
            if (dropKeys)
            {
                DropKeysLocked();
            }

            EndLocked();
            if (_drained is { } drained)
            {
                _aftermath.Drained = drained;
                _drained = null;
            }
        }
    }

    private void ShutDownLocked()
    {
        _inbox.CloseToAdditions();
        ReadInboxLocked();
        _isShutDown = true;
        _aftermath.TimerIsStale = true;
    }

    private void DropKeysLocked()
    {
        var ready = new int[_ready.Count];
        _ready.CopyTo(_entries, ready);
        foreach (var slot in ready)
        {
            _ready.Remove(_entries, slot);
            RemoveLocked(slot);
        }

        while (_waiting.Count > 0)
        {
            var slot = _waiting.TakeEarliest(_entries);
            if (_entries[slot].State == EntryState.None)
            {
                RemoveLocked(slot);
            }
        }

        for (var slot = _processing.First; slot >= 0; slot = _entries[slot].Next)
        {
            _entries[slot].State = EntryState.Held;
        }

        _dirtyAndHeld = 0;
    }

    /// <summary>Gives a key a deadline that needs no run now.</summary>
    private void WaitLocked(int slot, long due, int priority, WaitingRule rule)
    {
        ref var entry = ref _entries[slot];
        var before = EarliestDueLocked;
        if (!entry.IsWaiting)
        {
            entry.Priority = priority;
            _waiting.Add(_entries, slot, due);
        }
        else
        {
            entry.Priority = Math.Max(entry.Priority, priority);
            if (rule == WaitingRule.EarlierDeadline && !_waiting.IsEarlier(entry, due))
            {
                return;
            }

            _waiting.Remove(_entries, slot);
            _waiting.Add(_entries, slot, due);
        }

        _aftermath.TimerIsStale |= EarliestDueLocked != before;
    }

    private void StopWaitingLocked(int slot)
    {
        var before = EarliestDueLocked;
        _waiting.Remove(_entries, slot);
        _aftermath.TimerIsStale |= EarliestDueLocked != before;
    }

    private TKey[] KeysLocked(int[] slots)
    {
        var keys = new TKey[slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            keys[i] = _table.KeyOf(slots[i]);
        }

        return keys;
    }

    /// <summary>
    /// Makes due keys ready and sets the timer to the next deadline. Called by the timer, and by whoever changed the earliest deadline, without the
    /// lock: timers are code of others and may call back at once. Calls that come while one is at work only tell it to look again, so that an older
    /// setting never overwrites a newer one.
    /// </summary>
    private void ReleaseDue()
    {
        if (Interlocked.Increment(ref _timerRequests) != 1)
        {
            return;
        }

        ExceptionDispatchInfo? error = null;
        int seen;
        do
        {
            seen = Volatile.Read(ref _timerRequests);
            try
            {
                SetTimer(ReleaseDueKeys(ref error));
            }
            catch (Exception e)
            {
                // The clock threw, and its caller gets to know. The next call must still find the timer free.
                Volatile.Write(ref _nextWake, long.MaxValue);
                error ??= ExceptionDispatchInfo.Capture(e);
            }
        }
        while (Interlocked.Add(ref _timerRequests, -seen) != 0);
        error?.Throw();
    }

    /// <returns>The next deadline, if a key waits.</returns>
    private long? ReleaseDueKeys(ref ExceptionDispatchInfo? error)
    {
        while (true)
        {
            var now = _timeProvider.GetTimestamp();
            long? next = null;
            Aftermath<TKey> aftermath;
            lock (_gate)
            {
                // A delayed addition is either posted before this and read now, or its poster finds that the timer will not look for it.
                Interlocked.Exchange(ref _nextWake, long.MaxValue);
                ReadInboxLocked();
                for (var released = 0; !_isShutDown && _waiting.Count > 0; released++)
                {
                    next = _waiting.EarliestDue;
                    if (next > now || released == MaxReleasesAtOnce)
                    {
                        break;
                    }

                    var slot = _waiting.TakeEarliest(_entries);
                    MakeDirtyLocked(slot, _entries[slot].Priority, now);
                    next = null;
                }

                Volatile.Write(ref _nextWake, next ?? long.MaxValue);
                AssertInvariantsLocked();
                (aftermath, _aftermath) = (_aftermath, default); // a stale timer included: it is set next of all
            }

            try
            {
                aftermath.Run();
            }
            catch (Exception e)
            {
                // A scheduler threw, and its caller gets to know, once the other keys are released and the timer is set.
                error ??= ExceptionDispatchInfo.Capture(e);
            }

            if (next is null || next > now)
            {
                return next;
            }
        }
    }

    private void SetTimer(long? due)
    {
        if (IsShutDown)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        var hasFired = Interlocked.Exchange(ref _timerHasFired, false);
        if (due == _timerDue && !hasFired)
        {
            return;
        }

        _timerDue = due;
        if (due is null)
        {
            _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Whole milliseconds, rounded up: what system timers can do, and never one call after the other just before the deadline.
        var delay = _timeProvider.GetElapsedTime(_timeProvider.GetTimestamp(), due.Value);
        delay = TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(delay.TotalMilliseconds)));
        _timer ??= CreateTimer();
        _timer.Change(delay < MaxTimerDelay ? delay : MaxTimerDelay, Timeout.InfiniteTimeSpan);
    }

    private ITimer CreateTimer()
    {
        // The timer outlives the call that happens to create it, and must neither keep nor see its ambient state.
        using var flow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        return _timeProvider.CreateTimer(
            static queue => ((WorkQueue<TKey>)queue!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        Volatile.Write(ref _timerHasFired, true);
        ReleaseDue();
    }

    /// <summary>Takes the lock, reads the inbox or the front of it, and, once the lock is let go, does what was left to be done then.</summary>
    private Pass Enter(int maxMessages = int.MaxValue) => new(this, maxMessages);

    [Conditional("DEBUG")]
    private void AssertInvariantsLocked()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "Invariants hold only under _gate.");
        Debug.Assert(_parked.First is null || _ready.Count == 0 || _hasLimits, "Nobody waits while a key may be handed out.");
        Debug.Assert(_parked.First is null || !HasEndedLocked, "Nobody waits for a key that cannot come.");
        Debug.Assert(_entries.Index.Count <= _ready.Count + _processing.Count + _waiting.Count, "A key without a state has no entry.");
        if (_entries.Index.Count > MaxEntriesFullyChecked)
        {
            return;
        }

        _table.AssertInvariants();
        _ready.AssertInvariants(_entries);
        _waiting.AssertInvariants(_entries);
        Span<int> slots = stackalloc int[MaxEntriesFullyChecked];
        int processing = 0, dirtyAndHeld = 0;
        for (var slot = _processing.First; slot >= 0; slot = _entries[slot].Next, processing++)
        {
            Debug.Assert(_entries[slot].IsHeld, "A key in processing is held.");
            dirtyAndHeld += _entries[slot].IsDirty ? 1 : 0;
        }

        Debug.Assert(processing == _processing.Count, "The processing list is counted.");
        Debug.Assert(dirtyAndHeld == _dirtyAndHeld, "Keys that will be ready again are counted.");
        _waiting.CopyTo(_entries, slots);
        var waitingOnly = 0;
        foreach (var slot in slots[.._waiting.Count])
        {
            waitingOnly += _entries[slot].IsHeld ? 0 : 1;
        }

        Debug.Assert(_entries.Index.Count == _ready.Count + processing + waitingOnly, "Every entry is ready, held or waiting.");
    }

    private ref struct Pass
    {
        private readonly WorkQueue<TKey> _queue;
        private Lock.Scope _scope;

        public Pass(WorkQueue<TKey> queue, int maxMessages)
        {
            _queue = queue;
            _scope = queue._gate.EnterScope();
            try
            {
                queue.ReadInboxLocked(maxMessages);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            _queue.AssertInvariantsLocked();
            if (_queue._aftermath.IsEmpty)
            {
                _scope.Dispose();
            }
            else
            {
                Finish();
            }
        }

        private void Finish()
        {
            (var aftermath, _queue._aftermath) = (_queue._aftermath, default);
            _scope.Dispose();
            try
            {
                aftermath.Run();
            }
            finally
            {
                if (aftermath.TimerIsStale)
                {
                    _queue.ReleaseDue();
                }
            }
        }
    }
}
