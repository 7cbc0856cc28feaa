namespace CrMonitor.WorkQueue;

/// <summary>A short delay for the first retries of a key, and a long one from then on.</summary>
/// <remarks>
/// <para>All members may be called from any thread.</para>
/// <para>A key that is not retried for twice the longer delay is forgotten, as in <see cref="ExponentialRateLimiter{TKey}"/>.</para>
/// </remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class FastSlowRateLimiter<TKey> : IHashedRateLimiter<TKey> where TKey : notnull
{
    private static readonly TimeSpan LeastIdleTime = TimeSpan.FromMinutes(1);

    private readonly TimeSpan _fast;
    private readonly TimeSpan _slow;
    private readonly int _fastRetries;
    private readonly RetryCounts<TKey> _retries;

    /// <summary>Creates a limiter with its own count for each key.</summary>
    /// <param name="fast">The delay of the first retries.</param>
    /// <param name="slow">The delay of all further ones.</param>
    /// <param name="fastRetries">How many retries of a key are fast.</param>
    /// <param name="comparer">Which keys are the same; the default comparer of the type if null.</param>
    /// <param name="timeProvider">The clock for the expiry of idle keys; the system's if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A delay or the number is negative, or a delay is above 10,000 days.</exception>
    public FastSlowRateLimiter(
        TimeSpan fast, TimeSpan slow, int fastRetries, IEqualityComparer<TKey>? comparer = null, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fast, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fast, TimeSpan.FromDays(10_000));
        ArgumentOutOfRangeException.ThrowIfLessThan(slow, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slow, TimeSpan.FromDays(10_000));
        ArgumentOutOfRangeException.ThrowIfNegative(fastRetries);
        _fast = fast;
        _slow = slow;
        _fastRetries = fastRetries;
        var longest = fast > slow ? fast : slow;
        _retries = new RetryCounts<TKey>(2 * longest > LeastIdleTime ? 2 * longest : LeastIdleTime, comparer, timeProvider ?? TimeProvider.System);
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

    private TimeSpan Delay(int retries) => retries < _fastRetries ? _fast : _slow;
}
