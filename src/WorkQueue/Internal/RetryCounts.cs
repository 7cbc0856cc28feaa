using System.Runtime.InteropServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// How often each key was retried since it was last forgotten. A key that is idle for <paramref name="idleTime"/> is forgotten, after twice that time
/// at the latest if anything is counted at all.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
internal sealed class RetryCounts<TKey>(TimeSpan idleTime, IEqualityComparer<TKey>? comparer, TimeProvider timeProvider) where TKey : notnull
{
    // _gate guards the fields below. Retries are counted in two generations: a key in use is in the recent one, and what is still in the older
    // one when the generations change has been idle for a whole period. So idle keys go away without a timer and without a scan.
    private readonly Lock _gate = new();
    private Dictionary<TKey, int> _recent = new(comparer);
    private Dictionary<TKey, int> _older = new(comparer);
    private long _periodStart = timeProvider.GetTimestamp();

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

    /// <summary>Counts one more retry.</summary>
    /// <returns>How many there were before.</returns>
    public int Increment(TKey key)
    {
        var now = timeProvider.GetTimestamp();
        lock (_gate)
        {
            ExpireLocked(now);
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_recent, key, out var isRecent);
            if (!isRecent && _older.Count > 0 && _older.Remove(key, out var before))
            {
                count = before;
            }

            return count == int.MaxValue ? count : count++;
        }
    }

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

    public int Of(TKey key)
    {
        lock (_gate)
        {
            return _recent.TryGetValue(key, out var retries) || _older.TryGetValue(key, out retries) ? retries : 0;
        }
    }

    private void ExpireLocked(long now)
    {
        var elapsed = timeProvider.GetElapsedTime(_periodStart, now);
        if (elapsed < idleTime)
        {
            return;
        }

        // Every increment comes here first. So after two periods without a change of generations, none of the recent keys was retried within one.
        // New dictionaries, because Clear would keep the room that a flood of keys once took.
        _older = elapsed < 2 * idleTime ? _recent : new Dictionary<TKey, int>(comparer);
        _recent = new Dictionary<TKey, int>(comparer);
        _periodStart = now;
    }
}
