namespace CrMonitor.WorkQueue;

/// <summary>A list, first in first out, threaded through the entries of a table; an entry is in one list of each kind of links at most.</summary>
internal struct EntryList<TLinks> where TLinks : struct, IEntryLinks
{
    private const int None = -1;
    private int _last = None;

    public EntryList()
    {
    }

    /// <summary>The oldest entry, or -1.</summary>
    public int First { get; private set; } = None;

    public int Count { get; private set; }

    public void Append(Entries entries, int slot)
    {
        ref var entry = ref entries[slot];
        TLinks.Previous(ref entry) = _last;
        TLinks.Next(ref entry) = None;
        if (_last >= 0)
        {
            TLinks.Next(ref entries[_last]) = slot;
        }
        else
        {
            First = slot;
        }

        _last = slot;
        Count++;
    }

    /// <summary>Takes out the first entry, of which there must be one.</summary>
    public int TakeFirst(Entries entries)
    {
        // The next entry is left alone: it may be far away, and nobody asks what was before the first.
        var slot = First;
        First = TLinks.Next(ref entries[slot]);
        if (First < 0)
        {
            _last = None;
        }

        Count--;
        return slot;
    }

    public void Remove(Entries entries, int slot)
    {
        if (slot == First)
        {
            TakeFirst(entries);
            return;
        }

        ref var entry = ref entries[slot];
        var next = TLinks.Next(ref entry);
        var previous = TLinks.Previous(ref entry);
        TLinks.Next(ref entries[previous]) = next;
        if (next >= 0)
        {
            TLinks.Previous(ref entries[next]) = previous;
        }
        else
        {
            _last = previous;
        }

        Count--;
    }
}
