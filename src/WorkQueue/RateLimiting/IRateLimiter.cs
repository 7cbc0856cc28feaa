namespace CrMonitor.WorkQueue;

/// <summary>Decides how long a key must wait before it is tried again.</summary>
/// <remarks>Implementations may be called from any thread. A queue calls them without holding a lock.</remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public interface IRateLimiter<in TKey> where TKey : notnull
{
    /// <summary>Counts one more retry of the key and tells how long it must wait.</summary>
    /// <param name="key">The key to try again.</param>
    /// <returns>The delay; zero means at once.</returns>
    TimeSpan When(TKey key);

    /// <summary>Drops what is known of the key, because it succeeded or will not be tried again. Harmless for an unknown key.</summary>
    /// <param name="key">The key to forget.</param>
    void Forget(TKey key);

    /// <summary>How often <see cref="When"/> was called for the key since it was last forgotten.</summary>
    /// <param name="key">The key to look up.</param>
    int Retries(TKey key);
}
