using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace CrMonitor.Informers;

/// <summary>
/// An immutable hash table: a changed copy shares all but one path with its origin, so that readers keep a consistent view while a writer goes on.
/// </summary>
/// <remarks>
/// Entries stand in buckets, arrays of two to four on average (there is a power of two of buckets), which are found through a tree of nodes with 16 slots each.
/// The depth is the same everywhere, so that a look-up has no branches to guess; and of what it reads, only the bucket is likely to lie far away in memory.
/// The table doubles when it is full, and shrinks when it is nearly empty.
/// </remarks>
internal sealed class PersistentMap<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
{
    private const int BitsPerLevel = 4;
    private const int LevelMask = NodeSlots.Length - 1;
    private const int MaxBits = 28;
    private const int MaxLoad = 4;       // entries a bucket, on average, at which the table doubles
    private const int ShrinkFactor = 2;  // buckets an entry at which it shrinks

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

    private static bool TryGet(Node root, int bits, in TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var hash = key.GetHashCode();
        foreach (ref readonly var entry in Bucket(root, bits, hash))
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

    private static ReadOnlySpan<Entry> Bucket(Node root, int bits, int hash)
    {
        var place = Place(hash, bits);
        object? next = root;
        for (var shift = RootShift(bits); shift >= 0 && next is not null; shift -= BitsPerLevel)
        {
            next = Unsafe.As<Node>(next).Slots[(place >>> shift) & LevelMask];
        }

        return Unsafe.As<Entry[]?>(next);
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

            foreach (ref readonly var entry in Unsafe.As<Entry[]?>(slot).AsSpan())
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
            if (count > MaxLoad << _bits)
            {
                Resize(Math.Min(MaxBits, BitOperations.Log2((uint)(count - 1) / MaxLoad) + 1));
            }
        }

        /// <summary>Gives <paramref name="key"/> a value. A key that is there already stays the instance that it is.</summary>
        public void Set(TKey key, TValue value)
        {
            EnsureCapacity(Count + 1);
            var hash = key.GetHashCode();
            ref var bucket = ref Bucket(hash);
            var index = IndexOf(bucket, hash, key);
            if (index < 0)
            {
                bucket = [.. bucket.AsSpan(), new Entry(key, value, hash)];
                Count++;
                return;
            }

            Entry[] changed = [.. bucket.AsSpan()];
            changed[index] = new Entry(changed[index].Key, value, hash);
            bucket = changed;
        }

        public bool Remove(TKey key)
        {
            var hash = key.GetHashCode();
            var index = IndexOf(PersistentMap<TKey, TValue>.Bucket(_root, _bits, hash), hash, key);
            if (index < 0)
            {
                return false;
            }

            ref var bucket = ref Bucket(hash);
            bucket = bucket!.Length == 1 ? null : [.. bucket.AsSpan(0, index), .. bucket.AsSpan(index + 1)];
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

        private static int IndexOf(ReadOnlySpan<Entry> bucket, int hash, in TKey key)
        {
            for (var i = 0; i < bucket.Length; i++)
            {
                if (bucket[i].Hash == hash && bucket[i].Key.Equals(key))
                {
                    return i;
                }
            }

            return -1;
        }

        // The bucket of a hash, in nodes that may be changed.
        private ref Entry[]? Bucket(int hash)
        {
            var place = Place(hash, _bits);
            var node = _root = _root.Editable(_owner);
            for (var shift = RootShift(_bits); shift > 0; shift -= BitsPerLevel)
            {
                ref var slot = ref node.Slots[(place >>> shift) & LevelMask];
                node = slot is null ? new Node(_owner) : Unsafe.As<Node>(slot).Editable(_owner);
                slot = node;
            }

            return ref Unsafe.As<object?, Entry[]?>(ref node.Slots[place & LevelMask]);
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

                foreach (ref readonly var entry in Unsafe.As<Entry[]?>(slot).AsSpan())
                {
                    ref var bucket = ref Bucket(entry.Hash);
                    bucket = [.. bucket.AsSpan(), entry];
                }
            }
        }
    }

    private sealed class Node(object? owner)
    {
        public NodeSlots Slots;   // nodes, or on the last level buckets
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

    private readonly struct Entry(TKey key, TValue value, int hash)
    {
        public readonly TKey Key = key;
        public readonly TValue Value = value;
        public readonly int Hash = hash;
    }
}
