using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>The state of a <see cref="FairOrder{TKey, TFlow}"/>.</summary>
/// <remarks>
/// <para>
/// Flows stand in one of two lines: newcomers, whose keys have just become ready, and those that had a turn. The lines are served in turn; but of two
/// flows at the front, the one which had a turn since the other came lets it go first. After its turn a flow goes to the end of the second
/// line, also when it has no ready key left: it gives up that place only when it comes to the front without one. So a flow cannot come
/// again as a newcomer before all others had their turn.
/// </para>
/// <para>
/// What is called for each key is not inlined: callers into which all of it went were so large that the JIT compiler then inlined nothing more in
/// them, not even the properties of a work item, which cost more than these calls do.
/// </para>
/// </remarks>
internal sealed class FairReadyKeys<TKey, TFlow>(
    FlowPosts<TKey, TFlow> posts, int maxInWork, IEqualityComparer<TFlow>? comparer, long ageingTicks) : ReadyKeys<TKey>
    where TKey : notnull
    where TFlow : notnull
{
    private const int None = -1;
    private const int MaxKept = 1024;

    private readonly PriorityLevels _levels = new(ageingTicks);
    private readonly Dictionary<TFlow, int> _byName = new(comparer);
    private Flow[] _flows = [];

    // Flows that ended, the oldest at _nextKept: their numbers + 1. Some may be in use again. Those that come again soon are then found with one
    // look-up; else a flow whose keys come one at a time would be made and forgotten with each of them.
    private readonly int[] _kept = new int[MaxKept];
    private uint _nextKept;

    private int _used;
    private int _free = None;

    private FlowSettings<TFlow> _received;

    private Line _newcomers = new();
    private Line _others = new();
    private bool _isTurnOfNewcomers;
    private long _turn;          // how many turns have begun
    private int _current = None; // the flow whose turn it is; in no line
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

    public override void Receive(int place) => _received = posts.Receive(place);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override int FlowOf(TKey key, bool isReceived)
    {
        var (name, weight) = isReceived ? _received : posts.SettingsOf(key);
        if (_byName.TryGetValue(name, out var index))
        {
            ref var flow = ref _flows[index];
            flow.Weight = flow.Entries == 0 ? weight : flow.Weight;
            return index;
        }

        if (_free >= 0)
        {
            index = _free;
            _free = _flows[index].Next;
        }
        else
        {
            if (_used == _flows.Length)
            {
                Array.Resize(ref _flows, Math.Max(16, checked(_used * 2)));
            }

            index = _used++;
        }

        _flows[index] = new Flow { Name = name, Weight = weight };
        _byName.Add(name, index);
        return index;
    }

    public override void Enter(Entries entries, int slot, int flow)
    {
        entries[slot].Flow = flow;
        _flows[flow].Entries++;
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
            _newcomers.Append(_flows, index);
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
        while (_current >= 0 || BeginTurn())
        {
            var index = _current;
            ref var flow = ref _flows[index];
            if (flow.Ready.Keys.Count == 0)
            {
                // Its ready keys were taken back in the middle of its turn.
                EndTurn(Place.Idle);
                Release(index);
                continue;
            }

            if (flow.InWork >= maxInWork)
            {
                EndTurn(Place.AtLimit);
                continue;
            }

            var slot = _levels.Take(ref flow.Ready, entries, now);
            if (slot < 0)
            {
                return slot;
            }

            Count--;
            flow.InWork += HasLimits ? 1 : 0;
            if (--_credit == 0 || flow.Ready.Keys.Count == 0)
            {
                EndTurn(Place.InLine);
                _others.Append(_flows, index);
            }

            PrefetchHandOuts(entries);
            return slot;
        }

        return HandOut.None;
    }

    public override void EndHandOut(Entries entries, int slot)
    {
        var index = entries[slot].Flow;
        ref var flow = ref _flows[index];
        flow.InWork--;
        if (flow.Place == Place.AtLimit)
        {
            flow.Place = Place.InLine;
            _others.Append(_flows, index);
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
        var newcomers = _newcomers.ToQueue(_flows);
        var others = _others.ToQueue(_flows);
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
        foreach (var index in _byName.Values)
        {
            ref var flow = ref _flows[index];
            if (IsUnused(index))
            {
                Debug.Assert(flow.IsKept && flow.Ready.Keys.Count == 0, "A flow without keys and without a place is kept for a while.");
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

    /// <summary>Fetches what the next hand-outs will need, most likely those of the current flow, or else of the first two in the longer line.</summary>
    private void PrefetchHandOuts(Entries entries)
    {
        if (_current >= 0)
        {
            _levels.PrefetchHandOuts(_flows[_current].Ready, entries);
        }
        else if (_others.First is >= 0 and var next)
        {
            ref var flow = ref _flows[next];
            _levels.PrefetchHandOuts(flow.Ready, entries);
            if (flow.Next >= 0)
            {
                entries.Prefetch(_flows[flow.Next].Ready.Keys.First);
            }
        }
    }

    /// <summary>Gives the turn to the flow at the front of the line that is to be served now.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool BeginTurn()
    {
        while (true)
        {
            var newcomer = _newcomers.First;
            var other = _others.First;
            if (newcomer < 0 && other < 0)
            {
                return false;
            }

            var isNewcomer = newcomer >= 0 && (other < 0 || _isTurnOfNewcomers || _flows[other].Since >= _flows[newcomer].Since);
            var index = isNewcomer ? _newcomers.RemoveFirst(_flows) : _others.RemoveFirst(_flows);
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
            return true;
        }
    }

    private void EndTurn(Place place)
    {
        _flows[_current].Place = place;
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
            _byName.Remove(oldest.Name);
            oldest = new Flow { Name = default!, Next = _free };
            _free = index;
        }
    }

    private bool IsUnused(int index) => _flows[index] is { Entries: 0, Place: Place.Idle };

    private struct Flow
    {
        public TFlow Name;
        public PrioritizedKeys Ready = new();

        /// <summary>How many keys of the flow are in the queue, in whichever state.</summary>
        public int Entries;

        /// <summary>The number of its last turn; of a newcomer, of the turn during which it came.</summary>
        public long Since;

        /// <summary>Counted if there is a limit.</summary>
        public int InWork;

        public int Weight;
        public Place Place;

        /// <summary>Whether it is among the flows that ended; it may be in use again.</summary>
        public bool IsKept;

        /// <summary>The flow behind this one in its line; of an unused one, the next unused.</summary>
        public int Next;

        public Flow()
        {
            Name = default!;
        }
    }

    private struct Line
    {
        private int _last = None;

        public Line()
        {
        }

        public int First { get; private set; } = None;

        public void Append(Flow[] flows, int index)
        {
            flows[index].Next = None;
            if (First < 0)
            {
                First = index;
            }
            else
            {
                flows[_last].Next = index;
            }

            _last = index;
        }

        public int RemoveFirst(Flow[] flows)
        {
            var index = First;
            if (index >= 0)
            {
                First = flows[index].Next;
            }

            return index;
        }

        public readonly Queue<int> ToQueue(Flow[] flows)
        {
            var queue = new Queue<int>();
            for (var index = First; index >= 0; index = flows[index].Next)
            {
                queue.Enqueue(index);
            }

            return queue;
        }
    }
}
