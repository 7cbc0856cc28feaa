namespace CrMonitor.WorkQueue;

/// <summary>
/// The waiting keys by deadline: a heap with four children a node (half the depth of a binary one, and siblings share a cache line)
/// whose nodes are known to their entries, so that a key can be taken out or moved forward in O(log n).
/// </summary>
internal struct DelayHeap
{
    private const int Arity = 4;
    private Node[] _nodes = [];

    public DelayHeap()
    {
    }

    public int Count { get; private set; }

    /// <summary>The earliest deadline, as a timestamp. Only when <see cref="Count"/> is not 0.</summary>
    public readonly long EarliestDue => _nodes[0].Due;

    /// <summary>The entry with the earliest deadline. Only when <see cref="Count"/> is not 0.</summary>
    public readonly int Earliest => _nodes[0].Slot;

    public readonly long DueAt(int index) => _nodes[index].Due;

    public readonly int SlotAt(int index) => _nodes[index].Slot;

    public void Insert<TKey>(in EntryTable<TKey> table, int slot, long due) where TKey : notnull
    {
        if (Count == _nodes.Length)
        {
            Array.Resize(ref _nodes, Math.Max(Arity * Arity, checked(Count * 2)));
        }

        SiftUp(table, Count++, new Node(due, slot));
    }

    /// <summary>Gives an entry an earlier deadline.</summary>
    public readonly void MoveForward<TKey>(in EntryTable<TKey> table, int slot, long due) where TKey : notnull =>
        SiftUp(table, table[slot].HeapIndex, new Node(due, slot));

    public void Remove<TKey>(in EntryTable<TKey> table, int slot) where TKey : notnull
    {
        var index = table[slot].HeapIndex;
        table[slot].HeapIndex = -1;
        var moved = _nodes[--Count];
        if (index == Count)
        {
            return;
        }

        if (index > 0 && moved.Due < _nodes[(index - 1) / Arity].Due)
        {
            SiftUp(table, index, moved);
        }
        else
        {
            SiftDown(table, index, moved);
        }
    }

    private readonly void SiftUp<TKey>(in EntryTable<TKey> table, int index, Node node) where TKey : notnull
    {
        while (index > 0)
        {
            var parent = (index - 1) / Arity;
            if (_nodes[parent].Due <= node.Due)
            {
                break;
            }

            Place(table, index, _nodes[parent]);
            index = parent;
        }

        Place(table, index, node);
    }

    private readonly void SiftDown<TKey>(in EntryTable<TKey> table, int index, Node node) where TKey : notnull
    {
        while (true)
        {
            var child = (index * Arity) + 1;
            if (child >= Count)
            {
                break;
            }

            var least = child;
            var end = Math.Min(child + Arity, Count);
            while (++child < end)
            {
                if (_nodes[child].Due < _nodes[least].Due)
                {
                    least = child;
                }
            }

            if (node.Due <= _nodes[least].Due)
            {
                break;
            }

            Place(table, index, _nodes[least]);
            index = least;
        }

        Place(table, index, node);
    }

    private readonly void Place<TKey>(in EntryTable<TKey> table, int index, Node node) where TKey : notnull
    {
        _nodes[index] = node;
        table[node.Slot].HeapIndex = index;
    }

    private readonly record struct Node(long Due, int Slot);
}
