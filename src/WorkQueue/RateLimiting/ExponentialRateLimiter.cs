namespace CrMonitor.WorkQueue;

/// <summary>Doubles the delay of a key with each retry: base, 2 base, 4 base and so on, up to a maximum.</summary>
/// <remarks>
/// <para>All members may be called from any thread.</para>
/// <para>
/// A key that is not retried for twice the maximum delay is forgotten (after four times the maximum at the latest, if the limiter is used at all),
/// so that keys which were dropped without <see cref="Forget"/> do not add up.
/// </para>
/// </remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class ExponentialRateLimiter<TKey> : IHashedRateLimiter<TKey> where TKey : notnull
{
    /// <summary>The delay of the first retry unless told otherwise: 5 ms.</summary>
    public static readonly TimeSpan DefaultBaseDelay = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest delay unless told otherwise: 1000 s.</summary>
    public static readonly TimeSpan DefaultMaxDelay = TimeSpan.FromSeconds(1000);

    private readonly TimeSpan _baseDelay;
    private readonly TimeSpan _maxDelay;
    private readonly double _jitter;
    private readonly Random? _random; // null: the shared one, which any thread may use; else used under its own lock
    private readonly RetryCounts<TKey> _retries;

    /// <summary>Creates a limiter with its own count for each key.</summary>
    /// <param name="baseDelay">The delay of the first retry; <see cref="DefaultBaseDelay"/> if null.</param>
    /// <param name="maxDelay">The longest delay; <see cref="DefaultMaxDelay"/> if null.</param>
    /// <param name="comparer">Which keys are the same; the default comparer of the type if null.</param>
    /// <param name="timeProvider">The clock for the expiry of idle keys; the system's if null.</param>
    /// <param name="jitter">
    /// By which share of it a delay is shortened at most, drawn anew each time, from 0 (no jitter) to 1: so that keys which failed together are not
    /// tried together again and again.
    /// </param>
    /// <param name="random">Where the jitter is drawn from, for repeatable runs; <see cref="Random.Shared"/> if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The base delay is not positive, or the maximum is below it or above 10,000 days, or the jitter is not from 0 to 1.
    /// </exception>
    public ExponentialRateLimiter(
        TimeSpan? baseDelay = null,
        TimeSpan? maxDelay = null,
        IEqualityComparer<TKey>? comparer = null,
        TimeProvider? timeProvider = null,
        double jitter = 0,
        Random? random = null)
    {
        _baseDelay = baseDelay ?? DefaultBaseDelay;
        _maxDelay = maxDelay ?? DefaultMaxDelay;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_baseDelay, TimeSpan.Zero, nameof(baseDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(_maxDelay, _baseDelay, nameof(maxDelay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_maxDelay, TimeSpan.FromDays(10_000), nameof(maxDelay));
        if (!(jitter is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(jitter), jitter, "The jitter is a share of the delay, from 0 to 1.");
        }

        _jitter = jitter;
        _random = random;
        _retries = new RetryCounts<TKey>(2 * _maxDelay, comparer, timeProvider ?? TimeProvider.System);
    }

    /// <summary>How many keys are remembered now.</summary>
    public int Count => _retries.Count;

    /// <inheritdoc/>
    public TimeSpan When(TKey key) => Delay(_retries.Increment(key));

    /// <inheritdoc/>
    public void Forget(TKey key) => _retries.Forget(key);

    /// <inheritdoc/>
    public int Retries(TKey key) => _retries.Of(key);

    bool IHashedRateLimiter<TKey>.Shares(IEqualityComparer<TKey>? comparer, TimeProvider timeProvider) => _retries.Shares(comparer, timeProvider);

    TimeSpan IHashedRateLimiter<TKey>.When(TKey key, uint hash, long now) => Delay(_retries.Increment(key, hash, now));

    private TimeSpan Delay(int retries)
    {
        // Compared in the exponent, because base times 2^retries leaves the range of a TimeSpan after 62 doublings at the latest.
        var delay = retries < 62 && _baseDelay.Ticks <= _maxDelay.Ticks >> retries ? new TimeSpan(_baseDelay.Ticks << retries) : _maxDelay;
        return _jitter == 0 ? delay : delay - (delay * (_jitter * NextDouble()));
    }

    private double NextDouble()
    {
        if (_random is null)
        {
            return Random.Shared.NextDouble();
        }

        lock (_random)
        {
            return _random.NextDouble();
        }
    }
}
