namespace CrMonitor.WorkQueue;

/// <summary>Asks several limiters and takes the longest delay, so that each of them is obeyed.</summary>
/// <remarks>Each limiter counts each retry, also where another one gives the longer delay.</remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class MaxOfRateLimiter<TKey> : IRateLimiter<TKey> where TKey : notnull
{
    private readonly IRateLimiter<TKey>[] _limiters;

    /// <summary>Joins limiters.</summary>
    /// <param name="limiters">At least one.</param>
    /// <exception cref="ArgumentException">There is none, or one of them is null.</exception>
    public MaxOfRateLimiter(params ReadOnlySpan<IRateLimiter<TKey>> limiters)
    {
        if (limiters.IsEmpty || limiters.Contains(null!))
        {
            throw new ArgumentException("At least one limiter is needed, and none may be null.", nameof(limiters));
        }

        _limiters = limiters.ToArray();
    }

    /// <inheritdoc/>
    public TimeSpan When(TKey key)
    {
        var longest = TimeSpan.Zero;
        foreach (var limiter in _limiters)
        {
            var delay = limiter.When(key);
            longest = delay > longest ? delay : longest;
        }

        return longest;
    }

    /// <inheritdoc/>
    public void Forget(TKey key) => Array.ForEach(_limiters, limiter => limiter.Forget(key));

    /// <summary>The highest count of all limiters.</summary>
    /// <param name="key">The key to look up.</param>
    public int Retries(TKey key) => _limiters.Max(limiter => limiter.Retries(key));
}
