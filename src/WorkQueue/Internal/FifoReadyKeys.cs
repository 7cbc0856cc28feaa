using System.Diagnostics;

namespace CrMonitor.WorkQueue;

/// <summary>First in, first out.</summary>
internal sealed class FifoReadyKeys<TKey> : ReadyKeys<TKey> where TKey : notnull
{
    private EntryList<OrderLinks> _keys = new();

    public override void Append(in EntryTable<TKey> table, int slot)
    {
        _keys.Append(table, slot);
        Count++;
    }

    public override void Remove(in EntryTable<TKey> table, int slot)
    {
        _keys.Remove(table, slot);
        Count--;
    }

    public override int Take(in EntryTable<TKey> table, long now)
    {
        var slot = _keys.First;
        if (slot >= 0)
        {
            Remove(table, slot);
            table.PrefetchRemoval(_keys.First);
        }

        return slot;
    }

    public override long? OldestQueuedAt(in EntryTable<TKey> table) => _keys.First < 0 ? null : table[_keys.First].QueuedAt;

    public override void CopyTo(in EntryTable<TKey> table, Span<int> slots)
    {
        var index = 0;
        for (var slot = _keys.First; slot >= 0; slot = table[slot].Next)
        {
            slots[index++] = slot;
        }
    }

    public override void AssertInvariants(in EntryTable<TKey> table)
    {
        Debug.Assert(_keys.Count == Count, "The ready keys are in the list.");
        AssertReady(_keys, table);
    }
}
