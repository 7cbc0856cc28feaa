using System.Diagnostics;

namespace CrMonitor.WorkQueue;

/// <summary>The state of a <see cref="PriorityOrder{TKey}"/>.</summary>
internal sealed class PriorityReadyKeys<TKey>(long ageingTicks) : ReadyKeys<TKey> where TKey : notnull
{
    private const int Owner = 0;

    private readonly PriorityLevels<TKey> _levels = new(ageingTicks);
    private PrioritizedKeys _keys = new();

    public override bool NeedsClock => _levels.NeedsClock;

    public override void Append(in EntryTable<TKey> table, int slot)
    {
        _levels.Append(ref _keys, Owner, table, slot);
        Count++;
    }

    public override void Remove(in EntryTable<TKey> table, int slot)
    {
        _levels.Remove(ref _keys, table, slot);
        Count--;
    }

    public override int Take(in EntryTable<TKey> table, long now)
    {
        if (Count == 0)
        {
            return -1;
        }

        Count--;
        return _levels.Take(ref _keys, table, now);
    }

    public override void Raise(in EntryTable<TKey> table, int slot, int priority) => _levels.Raise(ref _keys, Owner, table, slot, priority);

    public override long? OldestQueuedAt(in EntryTable<TKey> table) => Count == 0 ? null : table[_keys.Keys.First].QueuedAt;

    public override void CopyTo(in EntryTable<TKey> table, Span<int> slots) => _levels.CopyTo(_keys, table, slots);

    public override IReadOnlyDictionary<int, int> CountByPriority()
    {
        var counts = new Dictionary<int, int>();
        _levels.AddCountsTo(counts, _keys);
        return counts;
    }

    public override void AssertInvariants(in EntryTable<TKey> table)
    {
        Debug.Assert(_keys.Keys.Count == Count, "The ready keys are in the list.");
        AssertReady(_keys.Keys, table);
        _levels.AssertInvariants(_keys, table);
    }
}
