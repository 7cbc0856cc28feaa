using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>The state of a <see cref="FairOrder{TKey, TFlow}"/>.</summary>
/// <remarks>
/// Flows stand in one of two lines: newcomers, whose keys have just become ready, and those that had a turn. The lines are served in turn; but of two
/// flows at the front, the one which had a turn since the other came lets it go first. After its turn a flow goes to the end of the second
/// line, also when it has no ready key left: it gives up that place only when it comes to the front without one. So a flow cannot come
/// again as a newcomer before all others had their turn.
/// </remarks>
internal sealed class FairReadyKeys<TKey, TFlow>(FlowPosts<TKey, TFlow> posts, int maxInWork, long ageingTicks) : ReadyKeys<TKey>
    where TKey : notnull
    where TFlow : notnull
{
    private const int None = -1;
    private const int MaxKept = 1024;

    // How many turns early a flow is fetched, and then its next key: the other processor may have written them last.
    private const int FlowsAhead = 3;
    private const int KeysAhead = 2;

    private readonly PriorityLevels _levels = new(ageingTicks);
    private Flow[] _flows = [];
    private NamedFlowId<TFlow>?[] _ids = []; // of the flows, apart because only coming and going asks for them
    private readonly Stack<int> _free = [];
    private int _used;

    // Flows that ended, the oldest at _nextKept: their numbers + 1. Some may be in use again. Those that come again soon are then found with one
    // look-up; else a flow whose keys come one at a time would be made and forgotten with each of them.
    private readonly int[] _kept = new int[MaxKept];
    private uint _nextKept;

    private Line _newcomers = new();
    private Line _others = new();
    private bool _isTurnOfNewcomers;
    private long _turn;          // how many turns have begun
    private int _current = None; // the flow in the middle of its turn; in no line
    private int _credit;         // how many hand-outs are left of its turn

    public override bool Ages => _levels.Ages;

    public override bool MayNeedTime => _levels.HasAny && _levels.Ages;

    public override bool HasLimits => maxInWork != int.MaxValue;

    public override Posts<TKey> Posts => posts;

    public override int FlowCount
    {
        get
        {
            var count = 0;
            foreach (ref var flow in _flows.AsSpan(0, _used))
            {
                count += flow.Ready.Keys.Count > 0 ? 1 : 0;
            }

            return count;
        }
    }

    private enum Place : byte
    {
        /// <summary>No key is ready, and a round has passed since the last turn.</summary>
        Idle,

        /// <summary>In one of the lines.</summary>
        InLine,

        Current,

        /// <summary>As many keys are with workers as may be.</summary>
        AtLimit,
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Register(FlowId flow)
    {
        var id = (NamedFlowId<TFlow>)flow;
        if (posts.Known.TryGetValue(id.Name, out var known))
        {
            (id.Number, known.Number) = (known.Number, None);
        }
        else
        {
            id.Number = Create();
        }

        _ids[id.Number] = id;
        posts.Known[id.Name] = id;
    }

    public override void Enter(Entries entries, int slot, FlowId id)
    {
        entries[slot].Flow = id.Number;
        ref var flow = ref _flows[id.Number];
        if (flow.Entries++ == 0)
        {
            flow.Weight = id.Weight;
        }
    }

    public override void Leave(Entries entries, int slot)
    {
        var index = entries[slot].Flow;
        if (--_flows[index].Entries == 0)
        {
            Release(index);
        }
    }

    public override void BeginAgeing(long now) => _levels.BeginAgeing(now);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Append(Entries entries, int slot)
    {
        var index = entries[slot].Flow;
        ref var flow = ref _flows[index];
        _levels.Append(ref flow.Ready, index, entries, slot);
        Count++;
        if (flow.Place == Place.Idle)
        {
            flow.Place = Place.InLine;
            flow.Since = _turn;
            _newcomers.Append(index);
        }
    }

    public override void Remove(Entries entries, int slot)
    {
        _levels.Remove(ref _flows[entries[slot].Flow].Ready, entries, slot);
        Count--;
    }

    public override void Raise(Entries entries, int slot, int priority)
    {
        var index = entries[slot].Flow;
        _levels.Raise(ref _flows[index].Ready, index, entries, slot, priority);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override int Take(Entries entries, long? now)
    {
        while (true)
        {
            var index = _current;
            if (index < 0 && (index = BeginTurn()) < 0)
            {
                return HandOut.None;
            }

            ref var flow = ref _flows[index];
            if (flow.Ready.Keys.Count == 0)
            {
                // Its ready keys were taken back in the middle of its turn.
                EndTurn(ref flow, Place.Idle);
                Release(index);
                continue;
            }

            if (flow.InWork >= maxInWork)
            {
                EndTurn(ref flow, Place.AtLimit);
                continue;
            }

            var slot = _levels.Take(ref flow.Ready, entries, now);
            if (slot < 0)
            {
                return slot;
            }

            Count--;
            if (HasLimits)
            {
                flow.InWork++;
            }

            if (--_credit == 0 || flow.Ready.Keys.Count == 0)
            {
                EndTurn(ref flow, Place.InLine);
                _others.Append(index);
                PrefetchTurns(entries);
            }
            else
            {
                _levels.PrefetchHandOuts(flow.Ready, entries);
            }

            return slot;
        }
    }

    public override void EndHandOut(Entries entries, int slot)
    {
        var index = entries[slot].Flow;
        ref var flow = ref _flows[index];
        flow.InWork--;
        if (flow.Place == Place.AtLimit)
        {
            flow.Place = Place.InLine;
            _others.Append(index);
        }
    }

    public override long? OldestQueuedAt(Entries entries)
    {
        long? oldest = null;
        foreach (ref var flow in _flows.AsSpan(0, _used))
        {
            if (flow.Ready.Keys.First is >= 0 and var first && !(entries[first].QueuedAt >= oldest))
            {
                oldest = entries[first].QueuedAt;
            }
        }

        return oldest;
    }

    public override void CopyTo(Entries entries, Span<int> slots)
    {
        // The turns that would follow, played with copies of the lines. Flows at their limit come last: nobody knows when they may go on.
        var flows = new int[_used][];
        var taken = new int[_used];
        for (var i = 0; i < _used; i++)
        {
            flows[i] = new int[_flows[i].Ready.Keys.Count];
            _levels.CopyTo(_flows[i].Ready, entries, flows[i]);
        }

        var index = 0;
        var newcomers = _newcomers.ToQueue();
        var others = _others.ToQueue();
        var isTurnOfNewcomers = _isTurnOfNewcomers;
        var turn = _turn;
        var since = new long[_used];
        for (var i = 0; i < _used; i++)
        {
            since[i] = _flows[i].Since;
        }

        if (_current >= 0)
        {
            Serve(_current, _credit, slots);
        }

        while (newcomers.Count + others.Count > 0)
        {
            var isNewcomer = newcomers.TryPeek(out var newcomer)
                && (!others.TryPeek(out var other) || isTurnOfNewcomers || since[other] >= since[newcomer]);
            var flow = isNewcomer ? newcomers.Dequeue() : others.Dequeue();
            if (taken[flow] < flows[flow].Length)
            {
                isTurnOfNewcomers = !isNewcomer;
                since[flow] = ++turn;
                Serve(flow, _flows[flow].Weight, slots);
            }
        }

        for (var i = 0; i < _used; i++)
        {
            Serve(i, int.MaxValue, slots, playsOn: false);
        }

        void Serve(int flow, int credit, Span<int> slots, bool playsOn = true)
        {
            for (; credit > 0 && taken[flow] < flows[flow].Length; credit--)
            {
                slots[index++] = flows[flow][taken[flow]++];
            }

            if (playsOn && taken[flow] < flows[flow].Length)
            {
                others.Enqueue(flow);
            }
        }
    }

    public override IReadOnlyDictionary<int, int> CountByPriority()
    {
        var counts = new Dictionary<int, int>();
        foreach (ref var flow in _flows.AsSpan(0, _used))
        {
            _levels.AddCountsTo(counts, flow.Ready);
        }

        return counts;
    }

    public override void AssertInvariants(Entries entries)
    {
        var ready = 0;
        for (var index = 0; index < _used; index++)
        {
            ref var flow = ref _flows[index];
            Debug.Assert((_ids[index]?.Number ?? index) == index, "A flow is found by its name.");
            if (IsUnused(index))
            {
                Debug.Assert(flow.Ready.Keys.Count == 0, "A flow without a place has no ready key.");
                Debug.Assert(flow.IsKept == (_ids[index] is not null), "A flow without keys and without a place is kept for a while.");
                continue;
            }

            ready += flow.Ready.Keys.Count;
            Debug.Assert(flow.Ready.Keys.Count + flow.InWork <= flow.Entries, "A flow counts its keys.");
            Debug.Assert(flow.InWork <= maxInWork, "No flow has more keys in work than it may.");
            Debug.Assert(flow.Place != Place.Idle || flow.Ready.Keys.Count == 0, "A flow with ready keys has a place.");
            Debug.Assert(flow.Place != Place.AtLimit || flow.InWork == maxInWork, "A flow at its limit has that many keys in work.");
            AssertReady(flow.Ready.Keys, entries);
            _levels.AssertInvariants(flow.Ready, entries);
        }

        Debug.Assert(ready == Count, "Every ready key belongs to a flow.");
    }

    /// <summary>
    /// Fetches what the next turns will need, which are most likely those of the longer line: a flow, its next key, and the bucket of that.
    /// </summary>
    private void PrefetchTurns(Entries entries)
    {
        if (_others.Count > FlowsAhead)
        {
            CacheLine.Prefetch(ref _flows[_others[FlowsAhead]]);
        }

        entries.Prefetch(_levels.Next(_flows[_others[Math.Min(KeysAhead, _others.Count - 1)]].Ready));
        entries.PrefetchBucket(_levels.Next(_flows[_others[0]].Ready));
    }

    /// <summary>Gives the turn to the flow at the front of the line that is to be served now.</summary>
    private int BeginTurn()
    {
        while (_newcomers.Count + _others.Count > 0)
        {
            var isNewcomer = _newcomers.Count > 0
                && (_others.Count == 0 || _isTurnOfNewcomers || _flows[_others[0]].Since >= _flows[_newcomers[0]].Since);
            var index = isNewcomer ? _newcomers.RemoveFirst() : _others.RemoveFirst();
            ref var flow = ref _flows[index];
            if (flow.Ready.Keys.Count == 0)
            {
                // A place without a key is given up, and that is no turn.
                flow.Place = Place.Idle;
                Release(index);
                continue;
            }

            _isTurnOfNewcomers = !isNewcomer;
            flow.Since = ++_turn;
            flow.Place = Place.Current;
            _credit = flow.Weight;
            _current = index;
            return index;
        }

        return None;
    }

    private void EndTurn(ref Flow flow, Place place)
    {
        flow.Place = place;
        _current = None;
    }

    /// <summary>Keeps a flow that has neither keys nor a place, in case it comes again, and forgets another one for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Release(int index)
    {
        if (!IsUnused(index) || _flows[index].IsKept)
        {
            return;
        }

        _flows[index].IsKept = true;
        ref var kept = ref _kept[_nextKept++ % MaxKept];
        (index, kept) = (kept - 1, index + 1);
        if (index < 0)
        {
            return;
        }

        ref var oldest = ref _flows[index];
        oldest.IsKept = false;
        if (IsUnused(index))
        {
            var id = _ids[index]!;
            posts.Known.TryRemove(id.Name, out _);
            id.Number = None;
            _ids[index] = null;
            _free.Push(index);
        }
    }

    private int Create()
    {
        if (!_free.TryPop(out var index))
        {
            if (_used == _flows.Length)
            {
                Array.Resize(ref _flows, Math.Max(16, checked(_used * 2)));
                Array.Resize(ref _ids, _flows.Length);
            }

            index = _used++;
        }

        _flows[index] = new Flow();
        return index;
    }

    private bool IsUnused(int index) => _flows[index] is { Entries: 0, Place: Place.Idle };

    private struct Flow
    {
        public PrioritizedKeys Ready = new();

        /// <summary>How many keys of the flow are in the queue, in whichever state.</summary>
        public int Entries;

        /// <summary>Counted if there is a limit.</summary>
        public int InWork;

        public int Weight;
        public Place Place;

        /// <summary>Whether it is among the flows that ended; it may be in use again.</summary>
        public bool IsKept;

        /// <summary>The number of its last turn; of a newcomer, of the turn during which it came.</summary>
        public long Since;

        public Flow()
        {
        }
    }

    /// <summary>Flows in the order of their coming, in a ring: which ones come next is known without looking at them.</summary>
    private struct Line
    {
        private int[] _indexes = new int[16];
        private int _first;

        public Line()
        {
        }

        public int Count { get; private set; }

        public readonly int this[int place] => _indexes[(_first + place) & (_indexes.Length - 1)];

        public void Append(int index)
        {
            if (Count == _indexes.Length)
            {
                var indexes = new int[checked(Count * 2)];
                _indexes.AsSpan(_first).CopyTo(indexes);
                _indexes.AsSpan(0, _first).CopyTo(indexes.AsSpan(Count - _first));
                _indexes = indexes;
                _first = 0;
            }

            _indexes[(_first + Count++) & (_indexes.Length - 1)] = index;
        }

        public int RemoveFirst()
        {
            var index = _indexes[_first];
            _first = (_first + 1) & (_indexes.Length - 1);
            Count--;
            return index;
        }

        public readonly Queue<int> ToQueue()
        {
            var queue = new Queue<int>();
            for (var place = 0; place < Count; place++)
            {
                queue.Enqueue(this[place]);
            }

            return queue;
        }
    }
}
