using System.Numerics;
using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// A hash table from key to entry whose entries keep their index for as long as they live, so that lists, heap and work items refer to
/// them by number. It exists because a <see cref="Dictionary{TKey, TValue}"/> of indexes would hash and compare each key a second time on removal.
/// </summary>
/// <remarks>The owner's lock guards everything but <see cref="Hash"/>.</remarks>
internal struct EntryTable<TKey> where TKey : notnull
{
    private const int None = -1;
    private const int InitialCapacity = 16;

    // Null stands for the default comparer of a value type, whose calls the JIT then inlines.
    private readonly IEqualityComparer<TKey>? _comparer;
    private Entry<TKey>[] _entries = new Entry<TKey>[InitialCapacity];
    private int[] _buckets = new int[InitialCapacity]; // index + 1 of the first entry; 0 is an empty bucket
    private int _shift = 64 - BitOperations.Log2(InitialCapacity);
    private int _used;
    private int _free = None;

    public EntryTable(IEqualityComparer<TKey>? comparer) =>
        _comparer = comparer ?? (typeof(TKey).IsValueType ? null : EqualityComparer<TKey>.Default);

    public int Count { get; private set; }

    public readonly ref Entry<TKey> this[int slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _entries[slot];
    }

    public readonly uint Hash(TKey key) => (uint)(_comparer is null ? key.GetHashCode() : _comparer.GetHashCode(key));

    public readonly int Find(TKey key, uint hash)
    {
        var entries = _entries;
        for (var slot = _buckets[Bucket(hash)] - 1; slot >= 0; slot = entries[slot].NextInChain)
        {
            ref var entry = ref entries[slot];
            if (entry.Hash == hash && (_comparer is null ? EqualityComparer<TKey>.Default.Equals(entry.Key, key) : _comparer.Equals(entry.Key, key)))
            {
                return slot;
            }
        }

        return None;
    }

    /// <summary>Makes an entry for a key that has none.</summary>
    public int Insert(TKey key, uint hash)
    {
        int slot;
        if (_free >= 0)
        {
            slot = _free;
            _free = _entries[slot].NextInChain;
        }
        else
        {
            if (_used == _entries.Length)
            {
                Grow();
            }

            slot = _used++;
        }

        ref var bucket = ref _buckets[Bucket(hash)];
        ref var entry = ref _entries[slot];
        entry.Key = key;
        entry.Hash = hash;
        entry.NextInChain = bucket - 1;
        entry.Previous = entry.Next = entry.LanePrevious = entry.LaneNext = entry.Lane = None;
        entry.State = EntryState.None;
        bucket = slot + 1;
        Count++;
        return slot;
    }

    /// <summary>Frees an entry and lets go of its key; its version stays.</summary>
    public void Remove(int slot)
    {
        ref var entry = ref _entries[slot];
        ref var link = ref _buckets[Bucket(entry.Hash)];
        if (link == slot + 1)
        {
            link = entry.NextInChain + 1;
        }
        else
        {
            var previous = link - 1;
            while (_entries[previous].NextInChain != slot)
            {
                previous = _entries[previous].NextInChain;
            }

            _entries[previous].NextInChain = entry.NextInChain;
        }

        entry.Key = default!;
        entry.NextInChain = _free;
        _free = slot;
        Count--;
    }

    // The multiplication spreads hash codes that differ in few bits, as those of integers do, over all buckets.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int Bucket(uint hash) => (int)((hash * 0x9E3779B97F4A7C15UL) >> _shift);

    private void Grow()
    {
        var capacity = checked(_entries.Length * 2);
        Array.Resize(ref _entries, capacity);
        _buckets = new int[capacity];
        _shift--;

        // Called only without a free entry, so every entry below _used is live.
        for (var slot = 0; slot < _used; slot++)
        {
            ref var bucket = ref _buckets[Bucket(_entries[slot].Hash)];
            _entries[slot].NextInChain = bucket - 1;
            bucket = slot + 1;
        }
    }
}
