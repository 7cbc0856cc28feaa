namespace CrMonitor.WorkQueue;

/// <summary>The default limiters of the Go libraries, for those who move an operator and want it to behave as before.</summary>
public static class RateLimiterPresets
{
    /// <summary>
    /// client-go's default for controllers, and controller-runtime's where its priority queue is switched off: for each key 5 ms, doubled up to
    /// 1000 s, and for all keys together 10 a second with bursts of 100, whichever is longer.
    /// </summary>
    /// <typeparam name="TKey">The key of the queue.</typeparam>
    /// <param name="comparer">Which keys are the same; the default comparer of the type if null.</param>
    /// <param name="timeProvider">The clock; the system's if null.</param>
    public static IRateLimiter<TKey> ClientGoController<TKey>(IEqualityComparer<TKey>? comparer = null, TimeProvider? timeProvider = null)
        where TKey : notnull =>
        new MaxOfRateLimiter<TKey>(
            new ExponentialRateLimiter<TKey>(comparer: comparer, timeProvider: timeProvider),
            new TokenBucketRateLimiter<TKey>(timeProvider: timeProvider));

    /// <summary>client-go's default by key: 1 ms, doubled up to 1000 s.</summary>
    /// <inheritdoc cref="ClientGoController{TKey}"/>
    public static IRateLimiter<TKey> ClientGoItemBased<TKey>(IEqualityComparer<TKey>? comparer = null, TimeProvider? timeProvider = null)
        where TKey : notnull =>
        new ExponentialRateLimiter<TKey>(TimeSpan.FromMilliseconds(1), comparer: comparer, timeProvider: timeProvider);

    /// <summary>
    /// controller-runtime's default, with its priority queue: for each key 5 ms, doubled up to 1000 s. Also the default of a queue here.
    /// </summary>
    /// <inheritdoc cref="ClientGoController{TKey}"/>
    public static IRateLimiter<TKey> ControllerRuntime<TKey>(IEqualityComparer<TKey>? comparer = null, TimeProvider? timeProvider = null)
        where TKey : notnull =>
        new ExponentialRateLimiter<TKey>(comparer: comparer, timeProvider: timeProvider);
}
