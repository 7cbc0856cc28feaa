using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace CrMonitor.Informers;

/// <summary>
/// An immutable hash table: a changed copy shares all but one path with its origin, so that readers keep a consistent view while a writer goes on.
/// </summary>
/// <remarks>
/// There are as many buckets as entries, or up to twice as many (a power of two), found through a tree of nodes with 32 slots each. The depth is the
/// same everywhere; so a look-up has no branches to guess, and of what it reads only the last node, the entry and its key are likely to lie far away
/// in memory. Entries that share a bucket stand in a chain. The table doubles when it is full, and shrinks when it is nearly empty.
/// </remarks>
internal sealed class PersistentMap<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
{
    private const int BitsPerLevel = 5;
    private const int LevelMask = NodeSlots.Length - 1;
    private const int MaxBits = 30;
    private const int ShrinkFactor = 8;

    private readonly Node _root;
    private readonly int _bits;   // the number of buckets, as a power of two

    private PersistentMap(Node root, int bits, int count)
    {
        _root = root;
        _bits = bits;
        Count = count;
    }

    public static PersistentMap<TKey, TValue> Empty { get; } = new(new Node(null), BitsPerLevel, 0);

    public int Count { get; }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => TryGet(_root, _bits, key, out value);

    /// <summary>A copy in which <paramref name="key"/> has <paramref name="value"/>.</summary>
    public PersistentMap<TKey, TValue> Set(TKey key, TValue value)
    {
        var builder = new Builder(this, null);
        builder.Set(key, value);
        return builder.ToMap();
    }

    /// <summary>A copy without <paramref name="key"/>; this map if it has no such key.</summary>
    public PersistentMap<TKey, TValue> Remove(TKey key)
    {
        var builder = new Builder(this, null);
        return builder.Remove(key) ? builder.ToMap() : this;
    }

    /// <summary>Calls <paramref name="visit"/> for every entry, in no particular order.</summary>
    public void ForEach<TState>(TState state, Action<TState, TKey, TValue> visit) => ForEach(_root, RootShift(_bits), state, visit);

    /// <summary>A builder that starts from this map and never changes it.</summary>
    public Builder ToBuilder() => new(this, new object());

    private static bool TryGet(Node root, int bits, TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var hash = key.GetHashCode();
        var place = Place(hash, bits);
        object? next = root;
        for (var shift = RootShift(bits); shift >= 0 && next is not null; shift -= BitsPerLevel)
        {
            next = Unsafe.As<Node>(next).Slots[(place >>> shift) & LevelMask];
        }

        for (var entry = Unsafe.As<Entry?>(next); entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && entry.Key.Equals(key))
            {
                value = entry.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    // Hashes of numbers are the numbers themselves; multiplied, all their bits take part in the upper ones.
    private static int Place(int hash, int bits) => (int)(((uint)hash * 2654435769u) >> (32 - bits));

    // By how much the root's slot is shifted: the root has what the full levels below it leave over, one bit at least.
    private static int RootShift(int bits) => (bits - 1) / BitsPerLevel * BitsPerLevel;

    private static void ForEach<TState>(Node node, int shift, TState state, Action<TState, TKey, TValue> visit)
    {
        foreach (var slot in node.Slots)
        {
            if (shift > 0 && slot is not null)
            {
                ForEach(Unsafe.As<Node>(slot), shift - BitsPerLevel, state, visit);
                continue;
            }

            for (var entry = Unsafe.As<Entry?>(slot); entry is not null; entry = entry.Next)
            {
                visit(state, entry.Key, entry.Value);
            }
        }
    }

    /// <summary>Collects many changes before anyone sees them: it copies each touched node once. Not for several threads.</summary>
    public sealed class Builder
    {
        private Node _root;
        private int _bits;
        private object? _owner;   // of the nodes that this builder made and may change; null: there is one change only, and all nodes are copied

        internal Builder(PersistentMap<TKey, TValue> map, object? owner)
        {
            _root = map._root;
            _bits = map._bits;
            _owner = owner;
            Count = map.Count;
        }

        public int Count { get; private set; }

        public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => PersistentMap<TKey, TValue>.TryGet(_root, _bits, key, out value);

        /// <summary>Makes room for <paramref name="count"/> entries at once.</summary>
        public void EnsureCapacity(int count)
        {
            if (count > 1 << _bits)
            {
                Resize(Math.Min(MaxBits, BitOperations.Log2((uint)count - 1) + 1));
            }
        }

        /// <summary>Gives <paramref name="key"/> a value. A key that is there already stays the instance that it is.</summary>
        public void Set(TKey key, TValue value)
        {
            EnsureCapacity(Count + 1);
            var hash = key.GetHashCode();
            ref var bucket = ref Bucket(hash);
            for (var entry = bucket; entry is not null; entry = entry.Next)
            {
                if (entry.Hash == hash && entry.Key.Equals(key))
                {
                    bucket = new Entry(entry.Key, value, hash, Without(bucket!, entry));
                    return;
                }
            }

            bucket = new Entry(key, value, hash, bucket);
            Count++;
        }

        public bool Remove(TKey key)
        {
            if (!TryGet(key, out _))
            {
                return false;
            }

            var hash = key.GetHashCode();
            ref var bucket = ref Bucket(hash);
            var removed = bucket!;
            while (removed.Hash != hash || !removed.Key.Equals(key))
            {
                removed = removed.Next!;
            }

            bucket = Without(bucket!, removed);
            Count--;
            if (_bits > BitsPerLevel && Count < (1 << _bits) / ShrinkFactor)
            {
                Resize(_bits - 1);
            }

            return true;
        }

        /// <summary>The map so far. The builder may go on; it no longer owns the nodes that the map has.</summary>
        public PersistentMap<TKey, TValue> ToMap()
        {
            _owner = _owner is null ? null : new object();
            return Count == 0 ? Empty : new PersistentMap<TKey, TValue>(_root, _bits, Count);
        }

        // The chain without one entry. Those before it are copied, for their links change.
        private static Entry? Without(Entry chain, Entry removed)
        {
            var rest = removed.Next;
            for (var entry = chain; entry != removed; entry = entry.Next!)
            {
                rest = new Entry(entry.Key, entry.Value, entry.Hash, rest);
            }

            return rest;
        }

        // The bucket of a hash, in nodes that may be changed.
        private ref Entry? Bucket(int hash)
        {
            var place = Place(hash, _bits);
            var node = _root = _root.Editable(_owner);
            for (var shift = RootShift(_bits); shift > 0; shift -= BitsPerLevel)
            {
                ref var slot = ref node.Slots[(place >>> shift) & LevelMask];
                node = slot is null ? new Node(_owner) : Unsafe.As<Node>(slot).Editable(_owner);
                slot = node;
            }

            return ref Unsafe.As<object?, Entry?>(ref node.Slots[place & LevelMask]);
        }

        private void Resize(int bits)
        {
            var shift = RootShift(_bits);
            var before = _root;
            var owner = _owner;
            _owner = owner ?? new object();
            _bits = bits;
            _root = new Node(_owner);
            Take(before, shift);
            _owner = owner;
        }

        private void Take(Node node, int shift)
        {
            foreach (var slot in node.Slots)
            {
                if (shift > 0 && slot is not null)
                {
                    Take(Unsafe.As<Node>(slot), shift - BitsPerLevel);
                    continue;
                }

                for (var entry = Unsafe.As<Entry?>(slot); entry is not null; entry = entry.Next)
                {
                    ref var bucket = ref Bucket(entry.Hash);
                    bucket = entry.Next == bucket ? entry : new Entry(entry.Key, entry.Value, entry.Hash, bucket);
                }
            }
        }
    }

    private sealed class Node(object? owner)
    {
        public NodeSlots Slots;   // nodes, or on the last level entries
        private readonly object? _owner = owner;

        public Node Editable(object? owner)
        {
            if (owner is not null && ReferenceEquals(owner, _owner))
            {
                return this;
            }

            var copy = new Node(owner);
            ((ReadOnlySpan<object?>)Slots).CopyTo(copy.Slots);
            return copy;
        }
    }

    private sealed class Entry(TKey key, TValue value, int hash, Entry? next)
    {
        public readonly TKey Key = key;
        public readonly TValue Value = value;
        public readonly Entry? Next = next;
        public readonly int Hash = hash;
    }
}
