using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>The state of a <see cref="PriorityOrder{TKey}"/>.</summary>
internal sealed class PriorityReadyKeys<TKey>(long ageingTicks) : ReadyKeys<TKey> where TKey : notnull
{
    private const int Owner = 0;

    private readonly PriorityLevels _levels = new(ageingTicks);
    private PrioritizedKeys _keys = new();

    public override bool Ages => _levels.Ages;

    public override bool MayNeedTime => _levels.IsTurnOfAged(_keys);

    public override void BeginAgeing(long now) => _levels.BeginAgeing(now);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Append(Entries entries, int slot)
    {
        _levels.Append(ref _keys, Owner, entries, slot);
        Count++;
    }

    public override void Remove(Entries entries, int slot)
    {
        _levels.Remove(ref _keys, entries, slot);
        Count--;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override int Take(Entries entries, long? now)
    {
        if (Count == 0)
        {
            return HandOut.None;
        }

        var slot = _levels.Take(ref _keys, entries, now);
        if (slot >= 0)
        {
            Count--;
            _levels.PrefetchHandOuts(_keys, entries);
        }

        return slot;
    }

    public override void Raise(Entries entries, int slot, int priority) => _levels.Raise(ref _keys, Owner, entries, slot, priority);

    public override long? OldestQueuedAt(Entries entries) => Count == 0 ? null : entries[_keys.Keys.First].QueuedAt;

    public override void CopyTo(Entries entries, Span<int> slots) => _levels.CopyTo(_keys, entries, slots);

    public override IReadOnlyDictionary<int, int> CountByPriority()
    {
        var counts = new Dictionary<int, int>();
        _levels.AddCountsTo(counts, _keys);
        return counts;
    }

    public override void AssertInvariants(Entries entries)
    {
        Debug.Assert(_keys.Keys.Count == Count, "The ready keys are in the list.");
        AssertReady(_keys.Keys, entries);
        _levels.AssertInvariants(_keys, entries);
    }
}
