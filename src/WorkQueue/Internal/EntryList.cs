namespace CrMonitor.WorkQueue;

/// <summary>A list, first in first out, threaded through the entries of a table; an entry is in one list at most.</summary>
internal struct EntryList
{
    private const int None = -1;
    private int _last = None;

    public EntryList()
    {
    }

    /// <summary>The oldest entry, or -1.</summary>
    public int First { get; private set; } = None;

    public int Count { get; private set; }

    public void Append<TKey>(in EntryTable<TKey> table, int slot) where TKey : notnull
    {
        ref var entry = ref table[slot];
        entry.Previous = _last;
        entry.Next = None;
        if (_last >= 0)
        {
            table[_last].Next = slot;
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
        if (entry.Previous >= 0)
        {
            table[entry.Previous].Next = entry.Next;
        }
        else
        {
            First = entry.Next;
        }

        if (entry.Next >= 0)
        {
            table[entry.Next].Previous = entry.Previous;
        }
        else
        {
            _last = entry.Previous;
        }

        entry.Previous = entry.Next = None;
        Count--;
    }
}
