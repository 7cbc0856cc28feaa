using System.Diagnostics;

namespace CrMonitor.WorkQueue;

/// <summary>
/// The waiting keys by deadline: a list for each millisecond in which deadlines lie, and a heap of those milliseconds. A key is added, moved and
/// taken out in O(1) but for the first and the last of a millisecond; a heap of a million keys would miss the cache at each of its levels instead.
/// </summary>
/// <remarks>
/// The keys of a millisecond are released together, at the latest deadline among them: never early, and less than a millisecond late.
/// </remarks>
internal struct Deadlines
{
    private const int Arity = 4;
    private const int None = -1;

    private readonly long _origin;
    private readonly long _ticksPerMillisecond;
    private readonly Dictionary<long, int> _byMillisecond = [];
    private Moment[] _moments = [];
    private int[] _heap = []; // indexes of moments, the earliest first
    private int _heapCount;
    private int _used;
    private int _free = None;

    public Deadlines(TimeProvider timeProvider)
    {
        _origin = timeProvider.GetTimestamp();
        _ticksPerMillisecond = Math.Max(1, timeProvider.TimestampFrequency / 1000);
    }

    /// <summary>How many keys wait.</summary>
    public int Count { get; private set; }

    /// <summary>When the first keys are to be released, as a timestamp. Only when <see cref="Count"/> is not 0.</summary>
    public readonly long EarliestDue => _moments[_heap[0]].Due;

    /// <summary>When a waiting entry is to be released.</summary>
    public readonly long DueOf(in Entry entry) => _moments[entry.Lane].Due;

    public void Add(Entries entries, int slot, long due)
    {
        var millisecond = Millisecond(due);
        if (!_byMillisecond.TryGetValue(millisecond, out var index))
        {
            index = Create(millisecond);
        }

        ref var entry = ref entries[slot];
        entry.Lane = index;
        entry.State |= EntryState.Waiting;
        ref var moment = ref _moments[index];
        moment.Due = Math.Max(moment.Due, due);
        moment.Keys.Append(entries, slot);
        Count++;
    }

    public void Remove(Entries entries, int slot)
    {
        ref var entry = ref entries[slot];
        var index = entry.Lane;
        entry.State &= ~EntryState.Waiting;
        ref var moment = ref _moments[index];
        moment.Keys.Remove(entries, slot);
        Count--;
        if (moment.Keys.Count == 0)
        {
            RemoveFromHeap(moment.HeapIndex);
            _byMillisecond.Remove(moment.Millisecond);
            moment.HeapIndex = _free;
            _free = index;
        }
    }

    /// <summary>Takes out the first entry to be released. Only when <see cref="Count"/> is not 0.</summary>
    public int TakeEarliest(Entries entries)
    {
        ref var keys = ref _moments[_heap[0]].Keys;
        var slot = keys.First;
        Remove(entries, slot);
        if (keys.First is >= 0 and var next)
        {
            // Keys of a millisecond lie at random places of memory: the one after the next is on its way while the next is released.
            entries.Prefetch(entries[next].LaneNext);
        }

        return slot;
    }

    /// <summary>Whether a deadline is earlier than that of a waiting entry, by a millisecond of the clock or more.</summary>
    public readonly bool IsEarlier(in Entry entry, long due) => Millisecond(due) < _moments[entry.Lane].Millisecond;

    /// <summary>All waiting entries, in no particular order.</summary>
    public readonly void CopyTo(Entries entries, Span<int> slots)
    {
        var count = 0;
        for (var i = 0; i < _heapCount; i++)
        {
            for (var slot = _moments[_heap[i]].Keys.First; slot >= 0; slot = entries[slot].LaneNext)
            {
                slots[count++] = slot;
            }
        }
    }

    [Conditional("DEBUG")]
    public readonly void AssertInvariants(Entries entries)
    {
        var count = 0;
        for (var i = 0; i < _heapCount; i++)
        {
            ref var moment = ref _moments[_heap[i]];
            Debug.Assert(moment.HeapIndex == i, "A moment knows its place in the heap.");
            var isOrdered = i == 0 || _moments[_heap[(i - 1) / Arity]].Millisecond < moment.Millisecond;
            Debug.Assert(isOrdered, "The heap is ordered, and no moment is there twice.");
            Debug.Assert(moment.Keys.Count > 0, "A moment without keys is gone.");
            Debug.Assert(Millisecond(moment.Due) == moment.Millisecond, "The release is within the millisecond.");
            for (var slot = moment.Keys.First; slot >= 0; slot = entries[slot].LaneNext, count++)
            {
                Debug.Assert(entries[slot] is { IsWaiting: true, IsDirty: false }, "A key that waits needs no run now.");
            }
        }

        Debug.Assert(count == Count, "The waiting keys are counted.");
    }

    private readonly long Millisecond(long due) => (due - _origin) / _ticksPerMillisecond;

    private int Create(long millisecond)
    {
        int index;
        if (_free >= 0)
        {
            index = _free;
            _free = _moments[index].HeapIndex;
        }
        else
        {
            if (_used == _moments.Length)
            {
                var capacity = Math.Max(Arity * Arity, checked(_used * 2));
                Array.Resize(ref _moments, capacity);
                Array.Resize(ref _heap, capacity);
            }

            index = _used++;
        }

        _moments[index] = new Moment { Millisecond = millisecond, Due = long.MinValue };
        _byMillisecond.Add(millisecond, index);
        SiftUp(_heapCount++, index);
        return index;
    }

    private void RemoveFromHeap(int place)
    {
        var moved = _heap[--_heapCount];
        if (place == _heapCount)
        {
            return;
        }

        if (place > 0 && _moments[moved].Millisecond < _moments[_heap[(place - 1) / Arity]].Millisecond)
        {
            SiftUp(place, moved);
        }
        else
        {
            SiftDown(place, moved);
        }
    }

    private readonly void SiftUp(int place, int index)
    {
        var millisecond = _moments[index].Millisecond;
        while (place > 0)
        {
            var parent = (place - 1) / Arity;
            if (_moments[_heap[parent]].Millisecond <= millisecond)
            {
                break;
            }

            Put(place, _heap[parent]);
            place = parent;
        }

        Put(place, index);
    }

    private readonly void SiftDown(int place, int index)
    {
        var millisecond = _moments[index].Millisecond;
        while (true)
        {
            var child = (place * Arity) + 1;
            if (child >= _heapCount)
            {
                break;
            }

            var least = child;
            var end = Math.Min(child + Arity, _heapCount);
            while (++child < end)
            {
                if (_moments[_heap[child]].Millisecond < _moments[_heap[least]].Millisecond)
                {
                    least = child;
                }
            }

            if (millisecond <= _moments[_heap[least]].Millisecond)
            {
                break;
            }

            Put(place, _heap[least]);
            place = least;
        }

        Put(place, index);
    }

    private readonly void Put(int place, int index)
    {
        _heap[place] = index;
        _moments[index].HeapIndex = place;
    }

    private struct Moment
    {
        public EntryList<LaneLinks> Keys = new();
        public long Millisecond;

        /// <summary>The latest deadline in this millisecond.</summary>
        public long Due;

        /// <summary>The place in the heap; of an unused moment, the next unused one.</summary>
        public int HeapIndex;

        public Moment()
        {
        }
    }
}
