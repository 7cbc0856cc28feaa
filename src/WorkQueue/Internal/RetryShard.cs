namespace CrMonitor.WorkQueue;

/// <summary>The retries of some of the keys of <see cref="RetryCounts{TKey}"/>, under a lock of their own.</summary>
/// <remarks>All members may be called from any thread.</remarks>
internal sealed class RetryShard<TKey>(IEqualityComparer<TKey> comparer) where TKey : notnull
{
    // _gate guards the fields below. Retries are counted in two generations: a key in use is in the recent one, and what is still in the older
    // one when the generations change has been idle for a whole period. So idle keys go away without a timer and without a scan.
    private readonly Lock _gate = new();
    private RetryTable<TKey> _recent = new(comparer);
    private RetryTable<TKey>? _older;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _recent.Count + (_older?.Count ?? 0);
            }
        }
    }

    public int Increment(TKey key, uint hash)
    {
        _recent.Prefetch(hash);
        lock (_gate)
        {
            ref var retries = ref _recent.Of(key, hash, out var isNew);
            if (isNew && _older is not null)
            {
                retries = _older.Remove(key, hash);
            }

            return retries == int.MaxValue ? retries : retries++;
        }
    }

    public void Forget(TKey key, uint hash)
    {
        _recent.Prefetch(hash);
        lock (_gate)
        {
            if (_recent.Remove(key, hash) == 0)
            {
                _older?.Remove(key, hash);
            }
        }
    }

    public int Of(TKey key, uint hash)
    {
        lock (_gate)
        {
            return _recent.Of(key, hash) is > 0 and var retries ? retries : _older?.Of(key, hash) ?? 0;
        }
    }

    /// <summary>Begins a new period.</summary>
    /// <param name="dropsAll">Whether all keys have been idle for a whole period; else only those of the older generation.</param>
    public void Expire(bool dropsAll)
    {
        // New tables, because cleared ones would keep the room that a flood of keys once took.
        lock (_gate)
        {
            _older = dropsAll || _recent.Count == 0 ? null : _recent;
            _recent = new RetryTable<TKey>(comparer);
        }
    }
}
