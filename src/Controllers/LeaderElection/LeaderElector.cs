using CrMonitor.Informers;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>Holds a Lease, or waits for it: again and again, until it is stopped.</summary>
/// <remarks>
/// Another holder's lease is taken when it was not seen to change for its duration, by this process's clock alone: what clocks of others say does not
/// count.
/// The own leadership is counted from the instant at which a renewal was sent, which lies before the one at which anybody can have seen it.
/// </remarks>
internal sealed partial class LeaderElector : ILeadership, IDisposable
{
    // Up to as much on top of the retry period, so that candidates that were started together do not stay together.
    private const double RetryJitter = 1.2;

    private static readonly KubeResource Leases = new("coordination.k8s.io", "v1", "leases", "Lease");

    // The time between two attempts to give the lease back.
    private static readonly TimeSpan ReleaseRetryPeriod = TimeSpan.FromMilliseconds(200);

    private readonly RestClient _rest;
    private readonly LeaderElectionOptions _options;
    private readonly string _identity;
    private readonly ObjectKey _key;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ControllerInstruments _instruments;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stop;

    // The loop's.
    private Lease? _lease;
    private long _leaseChangedAt;
    private int? _transitions;
    private bool _hasFailed;

    // A write was sent whose answer did not come: the lease may be ours.
    private bool _writeIsOpen;

    // Those who wait for a term. The list guards itself, and the start of a term.
    private readonly List<TaskCompletionSource<LeadershipTerm>> _waiters = [];

    private volatile string? _holder;
    private volatile LeadershipTerm? _term;
    private Task _loop = Task.CompletedTask;
    private bool _isStarted;
    private volatile bool _isLost;

    /// <param name="transport">The way to the server. Every attempt is one request, which takes half the renew deadline at most.</param>
    /// <param name="options">Valid options, with the name, the namespace and the identity set.</param>
    /// <param name="instruments">Where the leadership is shown.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">The source of jitter.</param>
    /// <param name="logger">Where changes of leadership are logged.</param>
    public LeaderElector(
        IKubeTransport transport, LeaderElectionOptions options, ControllerInstruments instruments, TimeProvider time, Random random, ILogger logger)
    {
        var timeout = options.RenewDeadline / 2;
        _rest = new RestClient(transport, new RestClientOptions
        {
            TimeProvider = time,
            Timeout = timeout < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : timeout,
            MaxRetries = 0,
        });
        _options = options;
        _identity = options.Identity!;
        _key = new ObjectKey(options.LeaseNamespace, options.LeaseName!);
        _instruments = instruments;
        _time = time;
        _random = random;
        _logger = logger;
        _stop = _stopping.Token;
        instruments.Observe(this);
    }

    public bool IsLeader => _term is { HasEnded: false };

    public LeadershipTerm? Term => _term;

    public string? Holder => _holder;

    /// <summary>The name of the lease, which names the election in metrics.</summary>
    public string Name => _key.Name;

    public ObjectKey Key => _key;

    /// <summary>The loop ended although nobody stopped it: never, unless there is a mistake in this library.</summary>
    public bool IsLost => _isLost;

    /// <summary>Begins to campaign, on the current scheduler. Further calls do nothing.</summary>
    public void Start()
    {
        if (!Interlocked.Exchange(ref _isStarted, true))
        {
            _loop = RunAsync();
        }
    }

    public async ValueTask<LeadershipTerm?> WaitAsync(CancellationToken cancellationToken = default)
    {
        // Not one task that everybody awaits with WaitAsync, which would leave the scheduler that all of this stays on.
        var waiter = new TaskCompletionSource<LeadershipTerm>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiters)
        {
            if (_term is { HasEnded: false } term)
            {
                return term;
            }

            _waiters.Add(waiter);
        }

        using var cut = cancellationToken.Register(() => waiter.TrySetCanceled(cancellationToken));
        try
        {
            return await waiter.Task;
        }
        finally
        {
            lock (_waiters)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    /// <summary>Ends the term, if there is one, and gives the lease back.</summary>
    /// <param name="release">Nothing runs any more that only a leader may do: the lease can be given back, if the options want it.</param>
    /// <param name="limit">How long giving it back may take.</param>
    public async Task StopAsync(bool release, TimeSpan limit)
    {
        _stopping.Cancel();
        await _loop;
        if (_holder != _identity && !_writeIsOpen)
        {
            return;
        }

        if (release && _options.ReleaseOnStop)
        {
            await ReleaseAsync(limit);
        }
        else
        {
            LogNotReleased(_key, _options.LeaseDuration);
        }
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        await Task.Yield();
        LogCampaigning(_identity, _key);
        try
        {
            while (true)
            {
                await LeadAsync(await AcquireAsync());
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception e) when (_stop.IsCancellationRequested)
        {
            LogCutOff(e, _key);
        }
        catch (Exception e)
        {
            // Nothing that a server or a user can do should lead here. The liveness check fails from now on.
            _isLost = true;
            LogBroken(e, _key);
        }
        finally
        {
            _term?.End();
            _term = null;
        }
    }

    private async Task<LeadershipTerm> AcquireAsync()
    {
        while (true)
        {
            try
            {
                if (await TryHoldAsync(isLeading: false, _stop) is { } sentAt)
                {
                    Succeeded();
                    var term = TermSince(sentAt);
                    if (!term.HasEnded)
                    {
                        return term;
                    }

                    // The answer took too long. The lease is ours, and the next attempt renews it.
                    term.End();
                }
                else
                {
                    Succeeded();
                }
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                Failed(e);
            }

            await Task.Delay(_options.RetryPeriod * (1 + (RetryJitter * _random.NextDouble())), _time, _stop);
        }
    }

    private LeadershipTerm TermSince(long sentAt) => new(
        _key.ToString(),
        _identity,
        _transitions ?? 0,
        sentAt,
        _options.RenewDeadline,
        _time,
        new CancellationTokenSource(),
        e => LogCallbackFailed(e, _key));

    private async Task LeadAsync(LeadershipTerm term)
    {
        lock (_waiters)
        {
            _term = term;
            foreach (var waiter in _waiters)
            {
                waiter.TrySetResult(term);
            }
        }

        LogLeading(_identity, _key, term.Number);
        var why = await RenewAsync(term);
        _term = null;
        term.End();
        LogLost(_identity, _key, why);
    }

    /// <summary>Returns why the term has ended.</summary>
    private async Task<string> RenewAsync(LeadershipTerm term)
    {
        while (true)
        {
            // In whole milliseconds, rounded up: less than one would be none.
            var left = Math.Ceiling(Math.Max(0, term.Left.TotalMilliseconds));
            await Task.Delay(left < _options.RetryPeriod.TotalMilliseconds ? TimeSpan.FromMilliseconds(left) : _options.RetryPeriod, _time, _stop);
            if (term.HasEnded)
            {
                break;
            }

            try
            {
                // What is under way at the deadline is cut off: nothing renews the lease for a leader that has stopped.
                using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop, term.Ended);
                if (await TryHoldAsync(isLeading: true, attempt.Token) is { } sentAt)
                {
                    Succeeded();
                    if (!term.Extend(sentAt))
                    {
                        break;
                    }
                }
                else if (_holder is { } other && other != _identity)
                {
                    return $"{other} holds it";
                }
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                if (term.HasEnded)
                {
                    break;
                }

                Failed(e);
            }
        }

        return $"it could not be renewed for {_options.RenewDeadline.TotalSeconds:0.#} s";
    }

    /// <summary>One attempt to take or renew the lease.</summary>
    /// <returns>The timestamp at which the request was sent that succeeded; <see langword="null"/> if the lease is another's.</returns>
    private async Task<long?> TryHoldAsync(bool isLeading, CancellationToken cancellationToken)
    {
        if (isLeading && _lease is { } last && last.Holder == _identity)
        {
            try
            {
                return await PutAsync(last, cancellationToken);
            }
            catch (KubeApiException e) when (e.IsConflict || e.IsNotFound)
            {
                // Somebody wrote or deleted it, or an answer to a renewal of our own was lost.
                _instruments.ElectionTookSlowPath(this);
            }
        }

        var lease = await GetAsync(cancellationToken);
        if (lease is not null && !IsFree(lease, isLeading))
        {
            return null;
        }

        try
        {
            return lease is null ? await CreateAsync(isLeading, cancellationToken) : await PutAsync(lease, cancellationToken);
        }
        catch (KubeApiException e) when (!isLeading && (e.IsConflict || e.IsAlreadyExists))
        {
            // Another candidate was faster.
            return null;
        }
    }

    // A leader that finds another holder has lost, even if that one has expired: it must not go on as if nothing had been.
    private bool IsFree(Lease lease, bool isLeading) =>
        lease.Holder is null
        || lease.Holder == _identity
        || (!isLeading && _time.GetElapsedTime(_leaseChangedAt) >= (lease.Duration ?? _options.LeaseDuration));

    private async Task<Lease?> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _rest.SendAsync(new KubeRequest { Method = HttpMethod.Get, Path = Leases.ObjectPath(_key) }, cancellationToken);
            return See(Lease.Parse(answer.Body.Span));
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            _lease = null;
            See(holder: null);
            return null;
        }
    }

    private async Task<long?> CreateAsync(bool isLeading, CancellationToken cancellationToken)
    {
        // Counted on, as far as this process knows: a lease that somebody deleted must not bring back the number of an earlier term.
        var transitions = _transitions is not { } last ? 0 : isLeading ? last : last + 1;
        var body = Lease.New(_key.Namespace!, _key.Name, _identity, _options.LeaseDuration, _time.GetUtcNow(), transitions);
        return await WriteAsync(HttpMethod.Post, Leases.CollectionPath(_key.Namespace), body, cancellationToken);
    }

    private Task<long?> PutAsync(Lease version, CancellationToken cancellationToken) =>
        WriteAsync(HttpMethod.Put, Leases.ObjectPath(_key), version.HeldBy(_identity, _options.LeaseDuration, _time.GetUtcNow()), cancellationToken);

    private async Task<long?> WriteAsync(HttpMethod method, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var sentAt = _time.GetTimestamp();
        _writeIsOpen = true;
        try
        {
            var answer = await _rest.SendAsync(new KubeRequest { Method = method, Path = path, Body = body }, cancellationToken);
            _writeIsOpen = false;
            See(Lease.Parse(answer.Body.Span));
            return sentAt;
        }
        catch (KubeApiException)
        {
            _writeIsOpen = false;
            throw;
        }
    }

    private Lease See(Lease lease)
    {
        if (_lease is null || !_lease.SaysTheSameAs(lease))
        {
            // Now, not when it was asked for: the later instant is the safe one.
            _leaseChangedAt = _time.GetTimestamp();
        }

        _lease = lease;
        _transitions = lease.Transitions;
        See(lease.Holder);
        return lease;
    }

    private void See(string? holder)
    {
        if (_holder == holder)
        {
            return;
        }

        _holder = holder;
        if (holder is not null && holder != _identity)
        {
            LogHolder(_key, holder);
        }
    }

    private async Task ReleaseAsync(TimeSpan limit)
    {
        using var over = new CancellationTokenSource(limit, _time);
        var lease = _writeIsOpen ? null : _lease;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (attempt > 1)
                {
                    await Task.Delay(ReleaseRetryPeriod, _time, over.Token);
                }

                lease ??= await GetAsync(over.Token);
                if (lease?.Holder != _identity)
                {
                    return;
                }

                var request = new KubeRequest { Method = HttpMethod.Put, Path = Leases.ObjectPath(_key), Body = lease.Released(_time.GetUtcNow()) };
                await _rest.SendAsync(request, over.Token);
                See(holder: null);
                LogReleased(_identity, _key);
                return;
            }
            catch (OperationCanceledException)
            {
                LogNotReleased(_key, _options.LeaseDuration);
                return;
            }
            catch (Exception e)
            {
                LogReleaseFailed(_key, e.Message);
                lease = null;
            }
        }
    }

    private void Succeeded() => _hasFailed = false;

    // The first failure of a row is news; those that follow are not.
    private void Failed(Exception exception)
    {
        if (_hasFailed)
        {
            LogFailedAgain(_key, exception.Message);
        }
        else
        {
            _hasFailed = true;
            LogFailed(_key, exception.Message, _options.RetryPeriod);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} is a candidate for the lease {Lease}")]
    private partial void LogCampaigning(string identity, ObjectKey lease);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} holds the lease {Lease} and leads (term {Term})")]
    private partial void LogLeading(string identity, ObjectKey lease, long term);

    [LoggerMessage(Level = LogLevel.Information, Message = "The lease {Lease} is held by {Holder}; this process stands by")]
    private partial void LogHolder(ObjectKey lease, string holder);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Identity} has lost the lease {Lease}: {Why}. Its reconciles are cancelled, and it becomes a candidate again")]
    private partial void LogLost(string identity, ObjectKey lease, string why);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The lease {Lease} could not be taken or renewed ({Failure}); trying again every {RetryPeriod}")]
    private partial void LogFailed(ObjectKey lease, string failure, TimeSpan retryPeriod);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The lease {Lease} could not be taken or renewed ({Failure})")]
    private partial void LogFailedAgain(ObjectKey lease, string failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} has given the lease {Lease} back")]
    private partial void LogReleased(string identity, ObjectKey lease);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The lease {Lease} could not be given back yet ({Failure})")]
    private partial void LogReleaseFailed(ObjectKey lease, string failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease {Lease} was not given back; another candidate can take it after {LeaseDuration}")]
    private partial void LogNotReleased(ObjectKey lease, TimeSpan leaseDuration);

    [LoggerMessage(Level = LogLevel.Error, Message = "A callback that was registered with the end of the term of {Lease} failed")]
    private partial void LogCallbackFailed(Exception exception, ObjectKey lease);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A request for {Lease} failed while the election was being stopped")]
    private partial void LogCutOff(Exception exception, ObjectKey lease);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The election over {Lease} ended unexpectedly; this process does not lead again")]
    private partial void LogBroken(Exception exception, ObjectKey lease);
}
