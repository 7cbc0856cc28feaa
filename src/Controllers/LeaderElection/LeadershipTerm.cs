namespace CrMonitor.Controllers;

/// <summary>A time during which this process leads: the token that a reconcile carries.</summary>
/// <remarks>
/// It ends when the process has not been able to renew its lease for the renew deadline, by its own clock and counted from the instant at which the
/// last
/// renewal that succeeded was sent; when another holder is seen; and when the host stops. May be used from any thread.
/// </remarks>
public sealed class LeadershipTerm
{
    private static readonly AsyncLocal<LeadershipTerm?> OfThisRunLocal = new();

    private readonly TimeProvider _time;
    private readonly TimeSpan _lastsAfterRenewal;
    private readonly Action<Exception> _callbackFailed;
    private readonly CancellationTokenSource _ended; // never disposed: others may keep its token, and it has neither timer nor handle
    private readonly ITimer _timer;

    // _gate guards the two fields below. It is held for updates of them alone: never while callbacks of the token run.
    private readonly Lock _gate = new();
    private long _renewedAt;
    private bool _isOver;

    /// <param name="lease">The lease, as <c>namespace/name</c>.</param>
    /// <param name="identity">Who holds it.</param>
    /// <param name="number">The lease's transitions.</param>
    /// <param name="sentAt">The timestamp at which the request that took the lease was sent.</param>
    /// <param name="lastsAfterRenewal">The renew deadline.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ended">What is cancelled at the end.</param>
    /// <param name="callbackFailed">Is told what callbacks that others registered with <see cref="Ended"/> have thrown.</param>
    internal LeadershipTerm(
        string lease,
        string identity,
        long number,
        long sentAt,
        TimeSpan lastsAfterRenewal,
        TimeProvider time,
        CancellationTokenSource ended,
        Action<Exception> callbackFailed)
    {
        _ended = ended;
        Lease = lease;
        Identity = identity;
        Number = number;
        Ended = _ended.Token;
        _time = time;
        _lastsAfterRenewal = lastsAfterRenewal;
        _callbackFailed = callbackFailed;
        Guard = ThrowIfEnded;
        _renewedAt = sentAt;
        _timer = time.CreateTimer(_ => OnDeadline(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        ArmLocked();
    }

    /// <summary>The lease, as <c>namespace/name</c>.</summary>
    public string Lease { get; }

    /// <summary>Who this process is, as the lease says it.</summary>
    public string Identity { get; }

    /// <summary>
    /// The lease's <c>leaseTransitions</c>: greater than those of all other holders before. A fencing token for systems that can compare one.
    /// </summary>
    public long Number { get; }

    /// <summary>Is cancelled when the term ends. Reconciles have it in their token already.</summary>
    public CancellationToken Ended { get; }

    /// <summary>The process does not lead any more, at least not by this term.</summary>
    public bool HasEnded => Ended.IsCancellationRequested || Left <= TimeSpan.Zero;

    /// <summary>The term of the reconcile that calls, directly or through any number of awaits.</summary>
    internal static LeadershipTerm? OfThisRun
    {
        get => OfThisRunLocal.Value;
        set => OfThisRunLocal.Value = value;
    }

    /// <summary><see cref="ThrowIfEnded"/>, for whoever calls it often.</summary>
    internal Action Guard { get; }

    /// <summary>The time until the term ends unless it is renewed.</summary>
    internal TimeSpan Left => _lastsAfterRenewal - _time.GetElapsedTime(Volatile.Read(ref _renewedAt));

    /// <summary>Throws if the term has ended. For the last moment before something is done that only a leader may do.</summary>
    /// <exception cref="LeadershipLostException">It has.</exception>
    public void ThrowIfEnded()
    {
        if (HasEnded)
        {
            throw Lost();
        }
    }

    internal LeadershipLostException Lost(Exception? innerException = null) => new(
        $"{Identity} does not hold the lease {Lease} any more (term {Number}), so it writes nothing. "
        + "The object is reconciled again by the next leader.",
        innerException);

    /// <summary>Takes a renewal into account that was sent at <paramref name="sentAt"/>.</summary>
    /// <returns>The term goes on: it had not ended in the meantime.</returns>
    internal bool Extend(long sentAt)
    {
        lock (_gate)
        {
            if (_isOver || Left <= TimeSpan.Zero)
            {
                return false;
            }

            Volatile.Write(ref _renewedAt, sentAt);
            ArmLocked();
        }

        return !HasEnded;
    }

    /// <summary>Ends the term now. A second call does nothing.</summary>
    internal void End()
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
        }

        _timer.Dispose();
        try
        {
            // Not CancelAsync, which would leave the scheduler that all of this stays on.
            _ended.Cancel();
        }
        catch (AggregateException e)
        {
            _callbackFailed(e);
        }
    }

    private void ArmLocked() => _timer.Change(Left is { Ticks: > 0 } left ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    private void OnDeadline()
    {
        lock (_gate)
        {
            // A renewal may have come while this call was on its way, and timers round.
            if (!_isOver && Left > TimeSpan.Zero)
            {
                ArmLocked();
                return;
            }
        }

        End();
    }
}
