namespace CrMonitor.WorkQueue;

/// <summary>Another limiter whose delays are cut off at a maximum.</summary>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class MaxWaitRateLimiter<TKey> : IRateLimiter<TKey> where TKey : notnull
{
    private readonly IRateLimiter<TKey> _inner;
    private readonly TimeSpan _maxWait;

    /// <summary>Wraps a limiter.</summary>
    /// <param name="inner">The limiter that is asked.</param>
    /// <param name="maxWait">The longest delay.</param>
    /// <exception cref="ArgumentNullException">The limiter is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    public MaxWaitRateLimiter(IRateLimiter<TKey> inner, TimeSpan maxWait)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWait, TimeSpan.Zero);
        _inner = inner;
        _maxWait = maxWait;
    }

    /// <inheritdoc/>
    public TimeSpan When(TKey key)
    {
        var delay = _inner.When(key);
        return delay < _maxWait ? delay : _maxWait;
    }

    /// <inheritdoc/>
    public void Forget(TKey key) => _inner.Forget(key);

    /// <inheritdoc/>
    public int Retries(TKey key) => _inner.Retries(key);
}
