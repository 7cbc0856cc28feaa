namespace CrMonitor.WorkQueue;

/// <summary>
/// How often each key was retried since it was last forgotten. A key that is idle for <paramref name="idleTime"/> is forgotten, after twice that time
/// at the latest if anything is counted at all.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
internal sealed class RetryCounts<TKey>(TimeSpan idleTime, IEqualityComparer<TKey>? comparer, TimeProvider timeProvider) where TKey : notnull
{
    private const int ShardBits = 3;

    // Those who retry keys and those who forget them would wait for each other at one lock.
    private readonly RetryShard<TKey>[] _shards =
        [.. Enumerable.Range(0, 1 << ShardBits).Select(_ => new RetryShard<TKey>(comparer ?? EqualityComparer<TKey>.Default))];

    private readonly IEqualityComparer<TKey> _comparer = comparer ?? EqualityComparer<TKey>.Default;
    private readonly Lock _expiring = new();
    private long _periodStart = timeProvider.GetTimestamp(); // written under _expiring

    /// <summary>How many keys are remembered now.</summary>
    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>Counts one more retry.</summary>
    /// <returns>How many there were before.</returns>
    public int Increment(TKey key) => Increment(key, Hash(key), timeProvider.GetTimestamp());

    /// <summary>The same, for a caller that knows the hash of the key and the time.</summary>
    public int Increment(TKey key, uint hash, long now)
    {
        if (timeProvider.GetElapsedTime(Volatile.Read(ref _periodStart), now) >= idleTime)
        {
            Expire(now);
        }

        return Shard(hash).Increment(key, hash);
    }

    public void Forget(TKey key)
    {
        var hash = Hash(key);
        Shard(hash).Forget(key, hash);
    }

    public int Of(TKey key)
    {
        var hash = Hash(key);
        return Shard(hash).Of(key, hash);
    }

    /// <summary>Whether the hashes and the timestamps of a queue are those used here.</summary>
    public bool Shares(IEqualityComparer<TKey>? otherComparer, TimeProvider otherTimeProvider) =>
        ReferenceEquals(otherComparer ?? EqualityComparer<TKey>.Default, _comparer) && ReferenceEquals(otherTimeProvider, timeProvider);

    private uint Hash(TKey key) => (uint)_comparer.GetHashCode(key);

    // Another multiplier than that of HashIndex, so that the keys of a shard are spread over all its buckets.
    private RetryShard<TKey> Shard(uint hash) => _shards[(hash * 0x85EBCA6Bu) >> (32 - ShardBits)];

    private void Expire(long now)
    {
        lock (_expiring)
        {
            var elapsed = timeProvider.GetElapsedTime(_periodStart, now);
            if (elapsed < idleTime)
            {
                return;
            }

            // Every increment comes here first. So after two periods without a change of generations, none of the recent keys was retried within one.
            foreach (var shard in _shards)
            {
                shard.Expire(dropsAll: elapsed >= 2 * idleTime);
            }

            Volatile.Write(ref _periodStart, now);
        }
    }
}
