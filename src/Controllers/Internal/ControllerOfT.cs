using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using CrMonitor.Informers;
using CrMonitor.WorkQueue;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>Runs one reconciler for the objects of one kind: from changes to keys to runs to what follows from their results.</summary>
internal sealed partial class Controller<T> : Controller, IReconcileTarget
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    // How many conflicts in a row are nothing to talk about: the cache catches up well within the backoff of five.
    private const int QuietConflicts = 5;

    // What was merely listed, as against what has changed; controller-runtime's value.
    private const int LowPriority = -100;

    // How long a cancelled run may take to end before it is left alone.
    private static readonly TimeSpan CancelledRunsEndWithin = TimeSpan.FromSeconds(1);

    // The delay of a retry when the rate limiter fails to tell one.
    private static readonly TimeSpan WithoutRateLimiter = TimeSpan.FromMinutes(1);

    // How long after its timeout a run that did not end counts as hanging.
    private static readonly TimeSpan HangingAfterTimeout = TimeSpan.FromSeconds(10);

    // The time after which a source of keys that failed is made anew; as controller-runtime's.
    private static readonly TimeSpan KeySourceRetryPeriod = TimeSpan.FromSeconds(10);

    // Timers count in whole milliseconds, and may be due by that much too early.
    private static readonly TimeSpan ClockTick = TimeSpan.FromMilliseconds(1);

    private static readonly ActivitySource Activities = new(ControllersTelemetry.ActivitySourceName);

    private readonly IReconciler<T> _reconciler;
    private readonly InformerShare<T> _share;
    private readonly ISharedInformer<T> _informer;
    private readonly IInformers _informers;
    private readonly IServiceProvider _services;
    private readonly IKubeClient _client;
    private readonly ILeadership _leadership;
    private readonly ControllerInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ControllerBuilder<T> _settings;
    private readonly IRateLimiter<ObjectKey> _limiter;
    private readonly WorkQueue<ObjectKey> _queue;
    private readonly PendingReasons _reasons;
    private readonly Worker[] _workers;
    private readonly string _activityName;
    private readonly TimeSpan _syncTimeout;
    private readonly TimeSpan _stuckAfter;
    private readonly List<Attachment> _attachments = [];
    private string[] _indexes = []; // that are in the cache

    // Two stages: the first ends waiting for sync and for work, the second ends runs.
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop; // that of _stopping, which may be disposed of while a late start looks at it
    private readonly CancellationTokenSource _cancelled = new();

    private volatile bool _isWorking;

    // A term has begun here before, or nobody is elected.
    private volatile bool _mayHaveWorked;

    private Task _workersEnd = Task.CompletedTask;
    private Task[] _keyReaders = [];

    public Controller(
        string name,
        ControllerBuilder<T> settings,
        IReconciler<T> reconciler,
        IInformers informers,
        IServiceProvider services,
        IKubeClient client,
        ILeadership leadership,
        ControllerInstruments instruments,
        CrMonitorOptions options,
        IMeterFactory? meterFactory,
        TimeProvider time,
        ILoggerFactory loggerFactory)
        : this(
            name, settings, reconciler, settings.Limiter(time), informers.Share(settings.Resource, settings.Scope), informers, services, client,
            leadership, instruments, options, meterFactory, time, loggerFactory)
    {
    }

    private Controller(
        string name,
        ControllerBuilder<T> settings,
        IReconciler<T> reconciler,
        IRateLimiter<ObjectKey> limiter,
        InformerShare<T> share,
        IInformers informers,
        IServiceProvider services,
        IKubeClient client,
        ILeadership leadership,
        ControllerInstruments instruments,
        CrMonitorOptions options,
        IMeterFactory? meterFactory,
        TimeProvider time,
        ILoggerFactory loggerFactory)
        : base(name, share.Informer.Resource, settings.Workers)
    {
        _settings = settings;
        _reconciler = reconciler;
        _informers = informers;
        _share = share;
        _informer = share.Informer;
        _services = services;
        _client = client;
        _leadership = leadership;
        _mayHaveWorked = leadership is UncontestedLeadership;
        _instruments = instruments;
        _time = time;
        _stop = _stopping.Token;
        _logger = loggerFactory.CreateLogger($"CrMonitor.Controllers.{name}");
        _limiter = limiter;
        _queue = new WorkQueue<ObjectKey>(new WorkQueueOptions<ObjectKey>
        {
            Name = name,
            TimeProvider = time,
            RateLimiter = _limiter,
            Order = settings.ReconcileOrder switch
            {
                ReconcileOrder.Priority => new PriorityOrder<ObjectKey>(),
                ReconcileOrder.FairByNamespace => new FairOrder<ObjectKey, string>(key => key.Namespace ?? ""),
                _ => null,
            },
            MeterFactory = meterFactory,
        });
        _reasons = new PendingReasons(time);
        _syncTimeout = options.SyncTimeout;
        _stuckAfter = options.StuckAfter;
        HangingAfter = settings.ReconcileTimeout is { } limit ? limit + HangingAfterTimeout : _stuckAfter;
        _workers = [.. Enumerable.Range(0, Concurrency).Select(_ => new Worker(this))];
        _activityName = $"reconcile {name}";
    }

    public override int ActiveWorkers => _workers.Count(worker => worker.Current is not null);

    public override bool IsWorking => _isWorking;

    public override int LostWorkers => _stop.IsCancellationRequested ? 0 : _workers.Count(worker => worker.Loop is { IsCompleted: true });

    public override TimeSpan HangingAfter { get; }

    public bool IsClusterScoped => _settings.IsClusterScoped;

    public ILogger Logger => _logger;

    /// <summary>What waits and what runs.</summary>
    public WorkQueueSnapshot<ObjectKey> Queue => _queue.Snapshot();

    public override IReadOnlyList<BusyWorker> BusyWorkers() =>
        [.. _workers.Select(worker => worker.Current).OfType<Run>().Select(run => new BusyWorker(run.Key, _time.GetElapsedTime(run.Since)))];

    public void Trigger(ObjectKey key, ReconcileReason reason, bool isNews)
    {
        if (IsNobodys(key))
        {
            // This process never did anything for an object that is gone. Else a standby would collect the keys of all objects that ever were.
            _queue.Cancel(key);
            var taken = _reasons.Take(key);
            if (IsNobodys(key))
            {
                return;
            }

            // It has come meanwhile, and what was cancelled was its own.
            _reasons.PutBack(key, taken);
            isNews = true;
        }

        _reasons.Add(key, reason);
        _queue.Add(key, isNews ? 0 : LowPriority);
    }

    private bool IsNobodys(ObjectKey key) => !_mayHaveWorked && _informer.Lister.Get(key) is null;

    public IEnumerable<ObjectKey> ByIndex(string index, string value) => _informer.Lister.ByIndex(index, value).Select(found => ObjectKey.Of(found));

    public override IReadOnlyList<BusyHandler> HangingHandlers() =>
        [.. _attachments.Select(attachment => attachment.Busy).OfType<BusyHandler>().Where(busy => busy.For >= _stuckAfter)];

    public override IReadOnlyCollection<string> Indexes => _settings.Indexes.Keys;

    public override string? IndexNeededOf(Controller other) => other is Controller<T> same && same._informer == _informer
        ? _settings.Sources.Select(source => source.Index).FirstOrDefault(index => index is not null && other.Indexes.Contains(index))
        : null;

    public override IReadOnlyList<string> LateSources() =>
        _isWorking ? [] : [.. _attachments.Where(attachment => !attachment.HasSynced).Select(attachment => attachment.ToString())];

    public override void Attach()
    {
        foreach (var (name, values) in _settings.Indexes)
        {
            _informer.AddIndex(name, values);
            _indexes = [.. _indexes, name];
        }

        var filter = new ChangeFilter<T>(this, _share.Resource, _settings.WakingChanges ?? Changed.Anything, _settings.Filters);
        var options = new HandlerOptions { ResyncPeriod = _settings.ResyncPeriod, TellBriefObjects = true, CallSynchronously = filter.IsPrompt };
        var registration = _informer.AddHandler(new PrimaryHandler<T>(this, filter), options);
        _attachments.Add(new Attachment(_informer, registration, share: null));
        foreach (var source in _settings.Sources)
        {
            _attachments.Add(source.Attach(_informers, _services, this));
        }
    }

    public override void CheckIndexes()
    {
        foreach (var index in _settings.Sources.Select(source => source.Index).OfType<string>())
        {
            try
            {
                _informer.Lister.ByIndex(index, "");
            }
            catch (ArgumentException e)
            {
                throw new InvalidOperationException(
                    $"Controller {Name} watches by the index '{index}', which {Resource.Kind} does not have. "
                    + $"Declare it with Index(\"{index}\", ...).",
                    e);
            }
        }
    }

    public override async Task StartWorkersAsync()
    {
        try
        {
            // All of them: a run that sees the object but not yet what it owns would create that again.
            await SyncAsync(Task.WhenAll(_attachments.Select(attachment => attachment.WaitForSyncAsync(_stop))));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }

        LogStarted(Name, Concurrency, _informer.Lister.Count, Resource);
        foreach (var worker in _workers)
        {
            worker.Loop = WorkAsync(worker);
        }

        _keyReaders = [.. _settings.KeySources.Select(ReadKeysAsync)];
        _workersEnd = Task.WhenAll([.. _workers.Select(worker => worker.Loop!), .. _keyReaders]);
        _isWorking = true;
    }

    public override async Task StopAsync(TimeSpan gracePeriod, CancellationToken noMoreGrace)
    {
        _stopping.Cancel();
        _queue.ShutDown();
        var ended = Task.WhenAll([_workersEnd, .. _attachments.Select(attachment => attachment.DetachAsync())]);
        var since = _time.GetTimestamp();
        var hasEnded = await EndsWithinAsync(ended, gracePeriod, noMoreGrace);
        if (!hasEnded)
        {
            if (DescribeBusy() is { Length: > 0 } busy)
            {
                var grace = _time.GetElapsedTime(since);
                LogCancelling(Name, grace, busy);
            }

            Cancel(_cancelled);
            hasEnded = await EndsWithinAsync(ended, CancelledRunsEndWithin, CancellationToken.None);
        }

        // Runs read their caches to the end. A handler or an index function that blocks keeps its informer, and not the stop.
        var released = Task.Factory.StartNew(
            ReleaseAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current).Unwrap();
        if (!hasEnded)
        {
            var busy = DescribeBusy() is { Length: > 0 } known ? known : "a handler that its informer cannot let go, since an index function holds that up";
            LogAbandoned(Name, busy);
            return;
        }

        if (!await EndsWithinAsync(released, CancelledRunsEndWithin, CancellationToken.None))
        {
            LogInformersLeft(Name);
        }

        var snapshot = _queue.Snapshot();
        LogStopped(Name, snapshot.Ready.Count + snapshot.Waiting.Count);
    }

    public override void RemoveIndexes()
    {
        // Once, however many stop the controller at a time.
        foreach (var index in Interlocked.Exchange(ref _indexes, []))
        {
            _informer.RemoveIndex(index);
        }
    }

    public override void Dispose()
    {
        Array.ForEach(_workers, worker => worker.Dispose());
        _queue.Dispose();
        _stopping.Dispose();
        _cancelled.Dispose();
    }

    private async Task ReleaseAsync()
    {
        RemoveIndexes();
        await Task.WhenAll([_share.DisposeAsync().AsTask(), .. _attachments.Select(attachment => attachment.ReleaseAsync().AsTask())]);
    }

    private string DescribeBusy() => string.Join(", ", [
        .. BusyWorkers().Select(worker => $"{worker.Key} ({worker.For.TotalSeconds:0.0} s)"),
        .. _attachments.Select(attachment => attachment.Busy).OfType<BusyHandler>().Select(
            handler => $"a handler of {handler.Resource} ({handler.For.TotalSeconds:0.0} s in one call)"),
        .. _keyReaders.Where(reader => !reader.IsCompleted).Select(_ => "a source of keys"),
    ]);

    // Not CancelAsync, which would leave the scheduler that all of this stays on.
    private void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException e)
        {
            // What a reconciler has registered with its token failed. That ends neither a stop nor, from a timer, the process.
            LogCancellationFailed(e, Name);
        }
        catch (ObjectDisposedException)
        {
            // The timeout fell due at the very moment at which its run ended: to dispose a timer does not wait for its callback.
        }
    }

    private async Task SyncAsync(Task synced)
    {
        while (true)
        {
            try
            {
                await synced.WaitAsync(_syncTimeout, _time);
                return;
            }
            catch (TimeoutException)
            {
                var late = string.Join("; ", LateSources());
                LogLate(Name, _syncTimeout, late);
            }
        }
    }

    private async Task ReadKeysAsync(Func<IServiceProvider, CancellationToken, IAsyncEnumerable<ObjectKey>> source)
    {
        await Task.Yield();
        while (true)
        {
            try
            {
                await foreach (var key in source(_services, _stop))
                {
                    Trigger(key, new ReconcileReason(ReconcileTrigger.External), isNews: true);
                }

                return;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogKeySourceFailed(e, Name, KeySourceRetryPeriod);
            }

            try
            {
                await Task.Delay(KeySourceRetryPeriod, _time, _stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(limit, _time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task WorkAsync(Worker worker)
    {
        // The loop belongs to the scheduler that runs the controller, not to the caller's stack, and its runs are no part of what the caller is doing.
        await Task.Yield();
        Activity.Current = null;
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                // A standby waits here, with its caches warm and its queue filled.
                await WorkAsync(worker, await _leadership.WaitAsync(_stop));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    // Until the stop, or until the term ends.
    private async Task WorkAsync(Worker worker, LeadershipTerm? term)
    {
        _mayHaveWorked = true;
        using var over = term is null ? null : CancellationTokenSource.CreateLinkedTokenSource(_stop, term.Ended);
        var end = over?.Token ?? _stop;
        while (true)
        {
            WorkItem<ObjectKey>? item;
            try
            {
                item = await _queue.TakeAsync(end);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (item is not { } held)
            {
                return;
            }

            using (held)
            {
                if (term is { HasEnded: true })
                {
                    _queue.Add(held.Key, held.Priority);
                    return;
                }

                worker.Begin(held.Key);
                var reasons = _reasons.Take(held.Key);
                try
                {
                    await RunAsync(held, reasons, term);
                }
                catch (Exception e)
                {
                    // Not the reconciler's: something that was plugged in, such as the rate limiter. The worker lives, and the key must not get lost.
                    LogBroken(e, held.Key, WithoutRateLimiter);
                    _reasons.PutBack(held.Key, reasons);
                    _queue.AddAfter(held.Key, WithoutRateLimiter, held.Priority);
                    _instruments.Broken(this);
                }
                finally
                {
                    worker.End();
                }
            }
        }
    }

    // A UUID of version 4 that nobody has to be unable to guess. Guid.NewGuid asks the kernel for each.
    private static Guid NewReconcileId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private async Task RunAsync(WorkItem<ObjectKey> item, TakenReasons reasons, LeadershipTerm? term)
    {
        if (term is not null)
        {
            // Seen by whatever this run calls, and by nothing else: the assignment ends with this method.
            LeadershipTerm.OfThisRun = term;
        }

        var key = item.Key;
        var current = _informer.Lister.Get(key);
        var context = new ReconcileContext<T>(key, current, _client)
        {
            Attempt = _limiter.Retries(key) + 1,
            Reasons = reasons.Reasons,
            OmittedReasons = reasons.Omitted,
            QueuedAt = _time.GetUtcNow() - (item.TimeInQueue ?? TimeSpan.Zero),
            ReconcileId = NewReconcileId(),
            Leadership = term,
            Informer = _informer,
        };
        using var scope = _logger.BeginScope(new ReconcileScope(
            Name, Resource.Kind, key, current?.Metadata.Uid, context.ReconcileId, context.Attempt, context.QueuedAt));
        using var activity = Activities.StartActivity(_activityName, ActivityKind.Internal, default(ActivityContext), links: reasons.Links);
        activity?.SetTag("crmonitor.controller", Name);
        activity?.SetTag("k8s.resource.kind", Resource.Kind);
        activity?.SetTag("crmonitor.reconcile_id", context.ReconcileId.ToString());
        activity?.SetTag("crmonitor.attempt", context.Attempt);
        activity?.SetTag("crmonitor.queued_at", context.QueuedAt.ToString("O", CultureInfo.InvariantCulture));
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            var why = string.Join(", ", reasons.Reasons);
            LogReconciling(key, context.Attempt, why);
        }

        var start = _time.GetTimestamp();
        var (outcome, failure) = await ReconcileAsync(context, item.Priority);
        var duration = _time.GetElapsedTime(start);
        if (outcome is not { } counted)
        {
            activity?.SetTag("crmonitor.outcome", "cancelled");
            if (_cancelled.IsCancellationRequested)
            {
                LogCancelled(key);
                return;
            }

            LogLeadershipLost(key, failure?.Message);
            _reasons.PutBack(key, reasons);
            _queue.Add(key, item.Priority);
            return;
        }

        _instruments.Reconciled(this, counted, duration);
        activity?.SetTag("crmonitor.outcome", counted.ToString());
        if (counted is ReconcileOutcome.Error or ReconcileOutcome.Terminal or ReconcileOutcome.Timeout)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure?.GetType().Name);
        }
        else
        {
            LogReconciled(key, counted, duration.TotalMilliseconds);
        }
    }

    // Runs the reconciler and does what its result asks for. No outcome means that it was cut off: by the stop of the host, or by the end of the
    // leadership.
    private async Task<(ReconcileOutcome? Outcome, Exception? Failure)> ReconcileAsync(ReconcileContext<T> context, int priority)
    {
        var key = context.Key;
        using var timeout = _settings.ReconcileTimeout is { } limit ? new CancellationTokenSource() : null;
        using var timer = timeout is null
            ? null
            : _time.CreateTimer(_ => Cancel(timeout), null, _settings.ReconcileTimeout!.Value, Timeout.InfiniteTimeSpan);
        using var linked = (timeout, context.Leadership) is (null, null)
            ? null
            : CancellationTokenSource.CreateLinkedTokenSource([_cancelled.Token, timeout?.Token ?? default, context.Leadership?.Ended ?? default]);
        try
        {
            var result = await _reconciler.ReconcileAsync(context, linked?.Token ?? _cancelled.Token);
            return (Accept(context, result, priority), null);
        }
        catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
        {
            return (null, null);
        }
        catch (Exception e) when (context.Leadership is { HasEnded: true })
        {
            // Whatever it is: the next leader finds out whether it is more than what a cancelled call throws.
            return (null, e);
        }
        catch (OperationCanceledException e) when (timeout is { IsCancellationRequested: true })
        {
            LogTimedOut(key, _settings.ReconcileTimeout!.Value, context.Attempt);
            Again(key, ReconcileTrigger.Retry, priority);
            return (ReconcileOutcome.Timeout, e);
        }
        catch (KubeApiException e) when (e.IsConflict)
        {
            if (context.Attempt > QuietConflicts)
            {
                LogStubbornConflict(e, key, context.Attempt);
            }
            else
            {
                LogConflict(key, e.Message);
            }

            Again(key, ReconcileTrigger.Conflict, priority);
            return (ReconcileOutcome.Conflict, e);
        }
        catch (Exception e)
        {
            LogFailed(e, key, context.Attempt);
            Again(key, ReconcileTrigger.Retry, priority);
            return (ReconcileOutcome.Error, e);
        }
    }

    private ReconcileOutcome Accept(ReconcileContext<T> context, ReconcileResult result, int priority)
    {
        var key = context.Key;
        switch (result.Kind)
        {
            case ReconcileResultKind.Requeue:
                Again(key, ReconcileTrigger.Requeue, priority);
                return ReconcileOutcome.Requeue;
            case ReconcileResultKind.After:
                _queue.Forget(key);
                _reasons.Schedule(key, result.Delay);
                _queue.AddAfter(key, result.Delay, priority);
                return ReconcileOutcome.RequeueAfter;
            case ReconcileResultKind.Terminal:
                // The failure count stays: if the next change does not help either, its retries go on from here.
                LogTerminal(key, result.Reason);
                return ReconcileOutcome.Terminal;
            default:
                _queue.Forget(key);
                return ReconcileOutcome.Success;
        }
    }

    private void Again(ObjectKey key, ReconcileTrigger trigger, int priority)
    {
        _reasons.Add(key, new ReconcileReason(trigger));
        _queue.AddRateLimited(key, priority);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Controller {Controller} started with {Workers} workers for {Count} {Resource}")]
    private partial void LogStarted(string controller, int workers, int count, KubeResource resource);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Controller {Controller} has not started, since its caches have not synced within {Timeout}; it goes on waiting for "
            + "{Late}")]
    private partial void LogLate(string controller, TimeSpan timeout, string late);

    [LoggerMessage(Level = LogLevel.Error, Message = "A source of keys of controller {Controller} failed; it is made anew in {Delay}")]
    private partial void LogKeySourceFailed(Exception exception, string controller, TimeSpan delay);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Controller {Controller}: the reconcile of {Key} hangs; it has run for {Time}, since {Since:O}. Its worker is held, other keys go "
            + "on")]
    private partial void LogHanging(string controller, ObjectKey key, TimeSpan time, DateTimeOffset since);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Reconciling {Key}, attempt {Attempt}: {Reasons}")]
    private partial void LogReconciling(ObjectKey key, int attempt, string reasons);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Reconciled {Key}: {Outcome} in {Milliseconds:0.0} ms")]
    private partial void LogReconciled(ObjectKey key, ReconcileOutcome outcome, double milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Reconcile of {Key} failed (attempt {Attempt}); it will be tried again")]
    private partial void LogFailed(Exception exception, ObjectKey key, int attempt);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The run of {Key} failed outside its reconciler (is a rate limiter of your own at fault?); it will be tried again in "
            + "{Delay}")]
    private partial void LogBroken(Exception exception, ObjectKey key, TimeSpan delay);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Reconcile of {Key} did not end within {Timeout} (attempt {Attempt}); it was cancelled and will be tried "
            + "again")]
    private partial void LogTimedOut(ObjectKey key, TimeSpan timeout, int attempt);

    [LoggerMessage(Level = LogLevel.Error, Message = "Reconcile of {Key} failed for good, until the object changes: {Reason}")]
    private partial void LogTerminal(ObjectKey key, string? reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Reconcile of {Key} met a newer version; trying again: {Conflict}")]
    private partial void LogConflict(ObjectKey key, string conflict);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Reconcile of {Key} has met a conflict {Attempt} times in a row; trying again. Another writer may be undoing its "
            + "work")]
    private partial void LogStubbornConflict(Exception exception, ObjectKey key, int attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "Reconcile of {Key} was cut off by the stop")]
    private partial void LogCancelled(ObjectKey key);

    [LoggerMessage(Level = LogLevel.Information, Message = "Reconcile of {Key} was cut off by the end of the leadership: {Failure}")]
    private partial void LogLeadershipLost(ObjectKey key, string? failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Controller {Controller} is stopping: cancelling what still runs after {Grace}: {Busy}")]
    private partial void LogCancelling(string controller, TimeSpan grace, string busy);

    [LoggerMessage(Level = LogLevel.Error, Message = "Controller {Controller}: a callback that a reconciler registered with its token failed")]
    private partial void LogCancellationFailed(Exception exception, string controller);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "Controller {Controller} stopped without these, which do not heed their cancellation: {Busy}")]
    private partial void LogAbandoned(string controller, string busy);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Controller {Controller} has left informers that do not end: a handler, an index function or a transform does not return")]
    private partial void LogInformersLeft(string controller);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Controller {Controller} stopped; {Count} keys were still queued and will be reconciled at the next "
            + "start")]
    private partial void LogStopped(string controller, int count);

    // The loop writes; health and metrics read.
    private sealed class Worker : IDisposable
    {
        private readonly Controller<T> _controller;
        // Set once for many runs: where it falls due in a run that is not as old, it is set for the rest of that run's time.
        private readonly ITimer _watchdog;
        private int _isWatched; // 1 while it is set
        private volatile Run? _current;
        private volatile Task? _loop;

        public Worker(Controller<T> controller)
        {
            _controller = controller;
            _watchdog = controller._time.CreateTimer(_ => OnDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public Run? Current => _current;

        public Task? Loop
        {
            get => _loop;
            set => _loop = value;
        }

        public void Begin(ObjectKey key)
        {
            _current = new Run(key, _controller._time.GetTimestamp());
            Watch(_controller.HangingAfter);
        }

        public void End() => _current = null;

        public void Dispose() => _watchdog.Dispose();

        private void Watch(TimeSpan left)
        {
            if (Interlocked.Exchange(ref _isWatched, 1) == 0)
            {
                _watchdog.Change(left, Timeout.InfiniteTimeSpan);
            }
        }

        // First the mark, then the run: a run that begins meanwhile finds the mark gone, or is found here.
        private void OnDue()
        {
            Interlocked.Exchange(ref _isWatched, 0);
            if (_current is not { } run)
            {
                return;
            }

            var time = _controller._time.GetElapsedTime(run.Since);
            if (time < _controller.HangingAfter)
            {
                Watch(_controller.HangingAfter - time + ClockTick);
                return;
            }

            _controller.LogHanging(_controller.Name, run.Key, time, _controller._time.GetUtcNow() - time);
        }
    }

    private sealed record Run(ObjectKey Key, long Since);
}
