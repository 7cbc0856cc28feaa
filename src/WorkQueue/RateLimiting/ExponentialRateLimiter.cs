using System.Runtime.InteropServices;

namespace CrMonitor.WorkQueue;

/// <summary>Doubles the delay of a key with each retry: base, 2 base, 4 base and so on, up to a maximum. Without jitter.</summary>
/// <remarks>
/// <para>All members may be called from any thread.</para>
/// <para>
/// A key that is not retried for twice the maximum delay is forgotten (after four times the maximum at the latest, if the limiter is used at all),
/// so that keys which were dropped without <see cref="Forget"/> do not add up.
/// </para>
/// </remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class ExponentialRateLimiter<TKey> : IRateLimiter<TKey> where TKey : notnull
{
    /// <summary>The delay of the first retry unless told otherwise: 5 ms.</summary>
    public static readonly TimeSpan DefaultBaseDelay = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest delay unless told otherwise: 1000 s.</summary>
    public static readonly TimeSpan DefaultMaxDelay = TimeSpan.FromSeconds(1000);

    private readonly TimeSpan _baseDelay;
    private readonly TimeSpan _maxDelay;
    private readonly TimeSpan _idleTime;
    private readonly TimeProvider _timeProvider;

    // _gate guards the fields below. Retries are counted in two generations: a key in use is in the recent one, and what is still in the older
    // one when the generations change has been idle for a whole period. So idle keys go away without a timer and without a scan.
    private readonly Lock _gate = new();
    private Dictionary<TKey, int> _recent;
    private Dictionary<TKey, int> _older;
    private long _periodStart;

    /// <summary>Creates a limiter with its own count for each key.</summary>
    /// <param name="baseDelay">The delay of the first retry; <see cref="DefaultBaseDelay"/> if null.</param>
    /// <param name="maxDelay">The longest delay; <see cref="DefaultMaxDelay"/> if null.</param>
    /// <param name="comparer">Which keys are the same; the default comparer of the type if null.</param>
    /// <param name="timeProvider">The clock for the expiry of idle keys; the system's if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The base delay is not positive, or the maximum is below it or above 10,000 days.</exception>
    public ExponentialRateLimiter(
        TimeSpan? baseDelay = null,
        TimeSpan? maxDelay = null,
        IEqualityComparer<TKey>? comparer = null,
        TimeProvider? timeProvider = null)
    {
        _baseDelay = baseDelay ?? DefaultBaseDelay;
        _maxDelay = maxDelay ?? DefaultMaxDelay;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_baseDelay, TimeSpan.Zero, nameof(baseDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(_maxDelay, _baseDelay, nameof(maxDelay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_maxDelay, TimeSpan.FromDays(10_000), nameof(maxDelay));
        _idleTime = 2 * _maxDelay;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _recent = new Dictionary<TKey, int>(comparer);
        _older = new Dictionary<TKey, int>(comparer);
        _periodStart = _timeProvider.GetTimestamp();
    }

    /// <summary>How many keys are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _recent.Count + _older.Count;
            }
        }
    }

    /// <inheritdoc/>
    public TimeSpan When(TKey key)
    {
        var now = _timeProvider.GetTimestamp();
        int retries;
        lock (_gate)
        {
            ExpireLocked(now);
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_recent, key, out var isRecent);
            if (!isRecent && _older.Remove(key, out var before))
            {
                count = before;
            }

            retries = count;
            count = Math.Min(count, int.MaxValue - 1) + 1;
        }

        return Delay(retries);
    }

    /// <inheritdoc/>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            if (!_recent.Remove(key))
            {
                _older.Remove(key);
            }
        }
    }

    /// <inheritdoc/>
    public int Retries(TKey key)
    {
        lock (_gate)
        {
            return _recent.TryGetValue(key, out var retries) || _older.TryGetValue(key, out retries) ? retries : 0;
        }
    }

    // Compared in the exponent, because base times 2^retries leaves the range of a TimeSpan after 62 doublings at the latest.
    private TimeSpan Delay(int retries) =>
        retries < 62 && _baseDelay.Ticks <= _maxDelay.Ticks >> retries ? new TimeSpan(_baseDelay.Ticks << retries) : _maxDelay;

    private void ExpireLocked(long now)
    {
        var elapsed = _timeProvider.GetElapsedTime(_periodStart, now);
        if (elapsed < _idleTime)
        {
            return;
        }

        // Every call to When comes here first. So after two periods without a change of generations, none of the recent keys was retried within one.
        // New dictionaries, because Clear would keep the room that a flood of keys once took.
        var comparer = _recent.Comparer;
        _older = elapsed < 2 * _idleTime ? _recent : new Dictionary<TKey, int>(comparer);
        _recent = new Dictionary<TKey, int>(comparer);
        _periodStart = now;
    }
}
