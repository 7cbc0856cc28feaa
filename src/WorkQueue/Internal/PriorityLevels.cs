using System.Diagnostics;

namespace CrMonitor.WorkQueue;

/// <summary>
/// The non-empty levels of one or more <see cref="PrioritizedKeys"/> (each called by a number of its own, its owner). A level is a list of the keys
/// of one priority. The levels of one owner are a pairing heap, the highest priority first, linked by index, so that the owner needs no memory but
/// the number of its highest level.
/// </summary>
internal sealed class PriorityLevels(long ageingTicks)
{
    private const int None = -1;
    private const int FoundCount = 64;

    private readonly Dictionary<(int Owner, int Priority), int> _byPriority = [];
    private Level[] _levels = [];
    private int _used;
    private int _free = None;
    private long _ageingStart; // a timestamp

    // Where a level was found last, by its owner and priority: dictionaries are slower.
    private readonly int[] _found = new int[FoundCount];

    public bool Ages => ageingTicks != long.MaxValue;

    /// <summary>Whether any owner has several priorities.</summary>
    public bool HasAny => _byPriority.Count > 0;

    /// <summary>Whether the next key is that which has been ready longest, if it has aged. May be read without the lock.</summary>
    public bool IsTurnOfAged(in PrioritizedKeys keys) =>
        keys.HighestLevel >= 0 && (keys.HandOuts + 1) % Ageing.HandOutsPerAged == 0 && Ages;

    /// <inheritdoc cref="ReadyKeys{TKey}.BeginAgeing"/>
    public void BeginAgeing(long now) => _ageingStart = now;

    public void Append(ref PrioritizedKeys keys, int owner, Entries entries, int slot)
    {
        var priority = entries[slot].Priority;
        if (keys.HighestLevel < 0)
        {
            if (keys.Keys.Count == 0)
            {
                keys.OnlyPriority = priority;
            }
            else if (priority != keys.OnlyPriority)
            {
                MoveToLevels(ref keys, owner, entries);
            }
        }

        keys.Keys.Append(entries, slot);
        if (keys.HighestLevel >= 0)
        {
            AppendToLevel(ref keys, owner, entries, slot);
        }
    }

    public void Remove(ref PrioritizedKeys keys, Entries entries, int slot)
    {
        keys.Keys.Remove(entries, slot);
        if (keys.HighestLevel >= 0)
        {
            RemoveFromLevel(ref keys, entries, slot);
        }
    }

    /// <summary>Takes out the key whose turn it is. There must be one.</summary>
    /// <returns>Its entry; or <see cref="HandOut.NeedsTime"/>.</returns>
    public int Take(ref PrioritizedKeys keys, Entries entries, long? now)
    {
        if (keys.HighestLevel < 0)
        {
            return keys.Keys.TakeFirst(entries);
        }

        var isTurnOfAged = IsTurnOfAged(keys);
        if (isTurnOfAged && now is null)
        {
            return HandOut.NeedsTime;
        }

        keys.HandOuts++;
        var slot = keys.Keys.First;
        if (!isTurnOfAged || now - Math.Max(entries[slot].QueuedAt, _ageingStart) < ageingTicks)
        {
            slot = Next(keys);
        }

        Remove(ref keys, entries, slot);
        return slot;
    }

    /// <summary>The key whose turn is next, unless another one has aged; -1 if there is none.</summary>
    public int Next(in PrioritizedKeys keys) => keys.HighestLevel >= 0 ? _levels[keys.HighestLevel].Keys.First : keys.Keys.First;

    /// <summary>Fetches what the next hand-outs will need, which are most likely those of the highest priority.</summary>
    public void PrefetchHandOuts(in PrioritizedKeys keys, Entries entries)
    {
        if (keys.HighestLevel >= 0)
        {
            entries.PrefetchHandOuts<LaneLinks>(Next(keys));
        }
        else
        {
            entries.PrefetchHandOuts<OrderLinks>(Next(keys));
        }
    }

    /// <summary>Gives a key a higher priority: it goes behind those that have it already.</summary>
    public void Raise(ref PrioritizedKeys keys, int owner, Entries entries, int slot, int priority)
    {
        if (keys.HighestLevel < 0)
        {
            MoveToLevels(ref keys, owner, entries);
        }

        RemoveFromLevel(ref keys, entries, slot);
        entries[slot].Priority = priority;
        AppendToLevel(ref keys, owner, entries, slot);
    }

    public void CopyTo(in PrioritizedKeys keys, Entries entries, Span<int> slots)
    {
        var index = 0;
        for (var slot = keys.Keys.First; slot >= 0; slot = entries[slot].Next)
        {
            slots[index++] = slot;
        }

        if (keys.HighestLevel < 0)
        {
            return;
        }

        // Levels are lists in the order in which keys came to that level, which differs from the order of readiness where a priority was raised.
        index = 0;
        foreach (var level in LevelsOf(keys).OrderByDescending(level => _levels[level].Priority))
        {
            for (var slot = _levels[level].Keys.First; slot >= 0; slot = entries[slot].LaneNext)
            {
                slots[index++] = slot;
            }
        }
    }

    public void AddCountsTo(Dictionary<int, int> counts, in PrioritizedKeys keys)
    {
        if (keys.HighestLevel < 0)
        {
            Add(keys.OnlyPriority, keys.Keys.Count);
            return;
        }

        foreach (var level in LevelsOf(keys))
        {
            Add(_levels[level].Priority, _levels[level].Keys.Count);
        }

        void Add(int priority, int count)
        {
            if (count > 0)
            {
                counts[priority] = counts.GetValueOrDefault(priority) + count;
            }
        }
    }

    [Conditional("DEBUG")]
    public void AssertInvariants(in PrioritizedKeys keys, Entries entries)
    {
        if (keys.HighestLevel < 0)
        {
            for (var slot = keys.Keys.First; slot >= 0; slot = entries[slot].Next)
            {
                Debug.Assert(entries[slot].Priority == keys.OnlyPriority, "Without levels, all keys have the same priority.");
            }

            return;
        }

        var count = 0;
        AssertLevel(keys.HighestLevel, entries, ref count);
        Debug.Assert(count == keys.Keys.Count, "Every ready key is in a level.");
    }

    private void AssertLevel(int index, Entries entries, ref int count)
    {
        ref var level = ref _levels[index];
        Debug.Assert(level.Keys.Count > 0, "A level without keys is gone.");
        for (var slot = level.Keys.First; slot >= 0; slot = entries[slot].LaneNext, count++)
        {
            Debug.Assert(entries[slot].Lane == index && entries[slot].Priority == level.Priority, "A key is in the level of its priority.");
        }

        for (var child = level.Child; child >= 0; child = _levels[child].Next)
        {
            Debug.Assert(_levels[child].Priority < level.Priority, "A level is above those below it.");
            AssertLevel(child, entries, ref count);
        }
    }

    private void MoveToLevels(ref PrioritizedKeys keys, int owner, Entries entries)
    {
        for (var slot = keys.Keys.First; slot >= 0; slot = entries[slot].Next)
        {
            AppendToLevel(ref keys, owner, entries, slot);
        }
    }

    private void AppendToLevel(ref PrioritizedKeys keys, int owner, Entries entries, int slot)
    {
        var priority = entries[slot].Priority;
        var level = keys.HighestLevel < 0 ? None : Find(owner, priority);
        if (level < 0)
        {
            level = Create(owner, priority);
            keys.HighestLevel = keys.HighestLevel < 0 ? level : Link(keys.HighestLevel, level);
        }

        entries[slot].Lane = level;
        _levels[level].Keys.Append(entries, slot);
    }

    private void RemoveFromLevel(ref PrioritizedKeys keys, Entries entries, int slot)
    {
        var index = entries[slot].Lane;
        ref var level = ref _levels[index];
        level.Keys.Remove(entries, slot);
        if (level.Keys.Count > 0)
        {
            return;
        }

        var below = MergePairs(level.Child);
        if (index == keys.HighestLevel)
        {
            keys.HighestLevel = below;
        }
        else
        {
            Cut(index);
            keys.HighestLevel = below < 0 ? keys.HighestLevel : Link(keys.HighestLevel, below);
        }

        _byPriority.Remove((level.Owner, level.Priority));
        level.Next = _free;
        _free = index;
    }

    private int Find(int owner, int priority)
    {
        ref var found = ref _found[(owner + priority) & (FoundCount - 1)];
        if (IsLevel(found))
        {
            return found;
        }

        if (!_byPriority.TryGetValue((owner, priority), out var level))
        {
            return None;
        }

        found = level;
        return level;

        bool IsLevel(int index)
        {
            ref var candidate = ref _levels[index];
            return candidate.Priority == priority && candidate.Owner == owner && candidate.Keys.Count > 0;
        }
    }

    private int Create(int owner, int priority)
    {
        int index;
        if (_free >= 0)
        {
            index = _free;
            _free = _levels[index].Next;
        }
        else
        {
            if (_used == _levels.Length)
            {
                Array.Resize(ref _levels, Math.Max(4, checked(_used * 2)));
            }

            index = _used++;
        }

        _levels[index] = new Level { Owner = owner, Priority = priority, Child = None, Next = None, Previous = None };
        _byPriority.Add((owner, priority), index);
        return index;
    }

    private int Link(int a, int b)
    {
        if (_levels[b].Priority > _levels[a].Priority)
        {
            (a, b) = (b, a);
        }

        ref var parent = ref _levels[a];
        ref var child = ref _levels[b];
        child.Next = parent.Child;
        child.Previous = a;
        if (parent.Child >= 0)
        {
            _levels[parent.Child].Previous = b;
        }

        parent.Child = b;
        parent.Next = parent.Previous = None;
        return a;
    }

    /// <summary>Takes a level with all below it out of its heap. It must not be the first.</summary>
    private void Cut(int index)
    {
        ref var level = ref _levels[index];
        ref var before = ref _levels[level.Previous];
        if (before.Child == index)
        {
            before.Child = level.Next;
        }
        else
        {
            before.Next = level.Next;
        }

        if (level.Next >= 0)
        {
            _levels[level.Next].Previous = level.Previous;
        }
    }

    /// <summary>Makes one heap of a list of siblings: in pairs from the left, then all pairs from the right.</summary>
    private int MergePairs(int first)
    {
        var pairs = None;
        while (first >= 0)
        {
            var a = first;
            var b = _levels[a].Next;
            first = b < 0 ? None : _levels[b].Next;
            _levels[a].Next = _levels[a].Previous = None;
            if (b >= 0)
            {
                _levels[b].Next = _levels[b].Previous = None;
                a = Link(a, b);
            }

            _levels[a].Next = pairs;
            pairs = a;
        }

        var merged = None;
        while (pairs >= 0)
        {
            var next = _levels[pairs].Next;
            _levels[pairs].Next = None;
            merged = merged < 0 ? pairs : Link(merged, pairs);
            pairs = next;
        }

        return merged;
    }

    private List<int> LevelsOf(in PrioritizedKeys keys)
    {
        List<int> levels = [];
        if (keys.HighestLevel >= 0)
        {
            levels.Add(keys.HighestLevel);
        }

        for (var i = 0; i < levels.Count; i++)
        {
            for (var child = _levels[levels[i]].Child; child >= 0; child = _levels[child].Next)
            {
                levels.Add(child);
            }
        }

        return levels;
    }

    private struct Level
    {
        public EntryList<LaneLinks> Keys = new();
        public int Owner;
        public int Priority;

        /// <summary>The first of the levels below this one.</summary>
        public int Child;

        /// <summary>The next sibling; of a free level, the next free one.</summary>
        public int Next;

        /// <summary>The sibling before this one, or the parent of the first sibling.</summary>
        public int Previous;

        public Level()
        {
        }
    }
}
