namespace CrMonitor.WorkQueue;

/// <summary>As <see cref="EntryList"/>, by the second pair of links, so that an entry can be in one list of each kind.</summary>
internal struct LaneList
{
    private const int None = -1;
    private int _last = None;

    public LaneList()
    {
    }

    /// <summary>The oldest entry, or -1.</summary>
    public int First { get; private set; } = None;

    public int Count { get; private set; }

    public void Append<TKey>(in EntryTable<TKey> table, int slot) where TKey : notnull
    {
        ref var entry = ref table[slot];
        entry.LanePrevious = _last;
        entry.LaneNext = None;
        if (_last >= 0)
        {
            table[_last].LaneNext = slot;
        }
        else
        {
            First = slot;
        }

        _last = slot;
        Count++;
    }

    public void Remove<TKey>(in EntryTable<TKey> table, int slot) where TKey : notnull
    {
        ref var entry = ref table[slot];
        if (entry.LanePrevious >= 0)
        {
            table[entry.LanePrevious].LaneNext = entry.LaneNext;
        }
        else
        {
            First = entry.LaneNext;
        }

        if (entry.LaneNext >= 0)
        {
            table[entry.LaneNext].LanePrevious = entry.LanePrevious;
        }
        else
        {
            _last = entry.LanePrevious;
        }

        entry.LanePrevious = entry.LaneNext = None;
        Count--;
    }
}
