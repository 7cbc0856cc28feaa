namespace CrMonitor.WorkQueue;

/// <summary>A limiter that a queue can tell what it knows already.</summary>
internal interface IHashedRateLimiter<TKey> : IRateLimiter<TKey> where TKey : notnull
{
    /// <summary>Whether the hashes and the timestamps of a queue are those of the limiter.</summary>
    bool Shares(IEqualityComparer<TKey>? comparer, TimeProvider timeProvider);

    /// <inheritdoc cref="IRateLimiter{TKey}.When"/>
    /// <param name="key">The key to try again.</param>
    /// <param name="hash">The hash of the key.</param>
    /// <param name="now">The time, as a timestamp.</param>
    TimeSpan When(TKey key, uint hash, long now);
}
