using System.Diagnostics;

namespace CrMonitor.WorkQueue;

/// <summary>First in, first out.</summary>
internal sealed class FifoReadyKeys<TKey> : ReadyKeys<TKey> where TKey : notnull
{
    private EntryList<OrderLinks> _keys = new();

    public override void Append(Entries entries, int slot)
    {
        _keys.Append(entries, slot);
        Count++;
    }

    public override void Remove(Entries entries, int slot)
    {
        _keys.Remove(entries, slot);
        Count--;
    }

    public override int Take(Entries entries, long? now)
    {
        if (Count == 0)
        {
            return HandOut.None;
        }

        var slot = _keys.TakeFirst(entries);
        Count--;
        entries.PrefetchHandOuts<OrderLinks>(_keys.First);
        return slot;
    }

    public override long? OldestQueuedAt(Entries entries) => _keys.First < 0 ? null : entries[_keys.First].QueuedAt;

    public override void CopyTo(Entries entries, Span<int> slots)
    {
        var index = 0;
        for (var slot = _keys.First; slot >= 0; slot = entries[slot].Next)
        {
            slots[index++] = slot;
        }
    }

    public override void AssertInvariants(Entries entries)
    {
        Debug.Assert(_keys.Count == Count, "The ready keys are in the list.");
        AssertReady(_keys, entries);
    }
}
