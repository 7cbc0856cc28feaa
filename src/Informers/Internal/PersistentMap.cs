using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrMonitor.Informers;

/// <summary>
/// An immutable hash table: a changed copy shares all but one path with its origin, so that readers keep a consistent view while a writer goes on.
/// </summary>
/// <remarks>
/// Entries stand in buckets, arrays of two to four on average (there is a power of two of buckets), which are found through a tree of nodes with 16
/// slots each, 8 in the last one. The depth is the same everywhere, so that a look-up has no branches to guess. The last node has a byte of the hash
/// (a tag) of each entry beside the bucket, so that of the bucket, which is likely to lie far away in memory, only the entry that is looked for is
/// read. The table doubles when it is full, and shrinks when it is nearly empty.
/// </remarks>
internal sealed class PersistentMap<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
{
    private const int BitsPerBranch = 4;
    private const int BranchMask = NodeSlots.Length - 1;
    private const int BitsPerLeaf = 3;
    private const int LeafMask = LeafSlots.Length - 1;
    private const int MaxBits = 24;      // the tags have the other bits of the hash
    private const int MaxLoad = 4;       // entries a bucket, on average, at which the table doubles
    private const int ShrinkFactor = 2;  // buckets an entry at which it shrinks

    private const int MaxTags = sizeof(ulong);   // of a bucket; entries behind them are compared one after the other
    private const int BitsPerTag = 8;
    private const ulong EachTag = 0x0101_0101_0101_0101;
    private const ulong TagIsUsed = 0x80;

    private readonly object _root;
    private readonly int _bits;   // the number of buckets, as a power of two

    private PersistentMap(object root, int bits, int count)
    {
        _root = root;
        _bits = bits;
        Count = count;
    }

    public static PersistentMap<TKey, TValue> Empty { get; } = new(new Leaf(null), BitsPerLeaf, 0);

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

    private static bool TryGet(object root, int bits, in TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var hash = Hash(key);
        if (Find(LeafOf(root, bits, hash), bits, hash, key, out var bucket) is var index and >= 0)
        {
            value = EntryAt(bucket!, index).Value;
            return true;
        }

        value = default;
        return false;
    }

    private static Leaf? LeafOf(object root, int bits, uint hash)
    {
        var place = Place(hash, bits);
        object? next = root;
        for (var shift = RootShift(bits); shift > 0 && next is not null; shift -= BitsPerBranch)
        {
            next = Unsafe.As<Branch>(next).Slots[(place >>> shift) & BranchMask];
        }

        return Unsafe.As<Leaf?>(next);
    }

    // Where in its bucket an entry stands; -1: nowhere.
    private static int Find(Leaf? leaf, int bits, uint hash, in TKey key, out Entry[]? bucket)
    {
        bucket = null;
        var slot = Place(hash, bits) & LeafMask;
        if (leaf is null || leaf.Tags[slot] is not (not 0 and var tags))
        {
            return -1;
        }

        bucket = leaf.Buckets[slot]!;
        var difference = tags ^ (EachTag * Tag(hash));

        // The upper bit of each byte that is 0, and now and then of one above it; those of tags that are not used differ in their own upper bit.
        var equal = (difference - EachTag) & ~difference & (EachTag * TagIsUsed);
        for (; equal != 0; equal &= equal - 1)
        {
            var index = BitOperations.TrailingZeroCount(equal) / BitsPerTag;
            if (EntryAt(bucket, index).Key.Equals(key))
            {
                return index;
            }
        }

        if (tags >> ((MaxTags - 1) * BitsPerTag) != 0)
        {
            for (var index = MaxTags; index < bucket.Length; index++)
            {
                if (bucket[index].Key.Equals(key))
                {
                    return index;
                }
            }
        }

        return -1;
    }

    // There are as many entries as tags at least, so that the length need not be read: it lies elsewhere in memory than most entries.
    private static ref readonly Entry EntryAt(Entry[] bucket, int index) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(bucket), index);

    // Hashes of numbers are the numbers themselves; multiplied, all their bits take part in the upper ones.
    private static uint Hash(in TKey key) => (uint)key.GetHashCode() * 2654435769u;

    private static int Place(uint hash, int bits) => (int)(hash >> (32 - bits));

    private static ulong Tag(uint hash) => (hash & (TagIsUsed - 1)) | TagIsUsed;

    private static ulong TagsOf(ReadOnlySpan<Entry> bucket)
    {
        var tags = 0ul;
        for (var i = Math.Min(bucket.Length, MaxTags) - 1; i >= 0; i--)
        {
            tags = tags << BitsPerTag | Tag(Hash(bucket[i].Key));
        }

        return tags;
    }

    // By how much the root's slot is shifted: the root has what the full levels below it leave over. Not positive: the root is a leaf.
    private static int RootShift(int bits) => (bits / BitsPerBranch * BitsPerBranch) - 1;

    private static void ForEach<TState>(object node, int shift, TState state, Action<TState, TKey, TValue> visit)
    {
        if (shift > 0)
        {
            foreach (var slot in Unsafe.As<Branch>(node).Slots)
            {
                if (slot is not null)
                {
                    ForEach(slot, shift - BitsPerBranch, state, visit);
                }
            }

            return;
        }

        foreach (var bucket in Unsafe.As<Leaf>(node).Buckets)
        {
            foreach (ref readonly var entry in bucket.AsSpan())
            {
                visit(state, entry.Key, entry.Value);
            }
        }
    }

    /// <summary>Collects many changes before anyone sees them: it copies each touched node once. Not for several threads.</summary>
    public sealed class Builder
    {
        private object _root;
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
            if (count > MaxLoad << _bits && _bits < MaxBits)
            {
                Resize(Math.Min(MaxBits, BitOperations.Log2((uint)(count - 1) / MaxLoad) + 1));
            }
        }

        /// <summary>Gives <paramref name="key"/> a value. A key that is there already stays the instance that it is.</summary>
        public void Set(TKey key, TValue value)
        {
            EnsureCapacity(Count + 1);
            var hash = Hash(key);
            var leaf = EditableLeaf(hash);
            var index = Find(leaf, _bits, hash, key, out var bucket);
            if (index < 0)
            {
                Append(leaf, hash, new Entry(key, value));
                Count++;
                return;
            }

            Entry[] changed = [.. bucket!];
            changed[index] = new Entry(changed[index].Key, value);
            leaf.Buckets[Place(hash, _bits) & LeafMask] = changed;
        }

        public bool Remove(TKey key)
        {
            var hash = Hash(key);
            var index = Find(LeafOf(_root, _bits, hash), _bits, hash, key, out var bucket);
            if (index < 0)
            {
                return false;
            }

            var leaf = EditableLeaf(hash);
            var slot = Place(hash, _bits) & LeafMask;
            Entry[]? rest = bucket!.Length == 1 ? null : [.. bucket.AsSpan(0, index), .. bucket.AsSpan(index + 1)];
            leaf.Buckets[slot] = rest;
            leaf.Tags[slot] = TagsOf(rest);
            Count--;
            if (_bits > BitsPerLeaf && Count < (1 << _bits) / ShrinkFactor)
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

        private void Append(Leaf leaf, uint hash, in Entry entry)
        {
            var slot = Place(hash, _bits) & LeafMask;
            ref var bucket = ref leaf.Buckets[slot];
            var length = bucket?.Length ?? 0;
            if (length < MaxTags)
            {
                leaf.Tags[slot] |= Tag(hash) << (length * BitsPerTag);
            }

            bucket = [.. bucket.AsSpan(), entry];
        }

        // The leaf of a hash, which may be changed, as all nodes above it.
        private Leaf EditableLeaf(uint hash)
        {
            var shift = RootShift(_bits);
            if (shift < 0)
            {
                var root = Unsafe.As<Leaf>(_root).Editable(_owner);
                _root = root;
                return root;
            }

            var place = Place(hash, _bits);
            var branch = Unsafe.As<Branch>(_root).Editable(_owner);
            _root = branch;
            for (; shift > BitsPerLeaf; shift -= BitsPerBranch)
            {
                ref var next = ref branch.Slots[(place >>> shift) & BranchMask];
                branch = next is null ? new Branch(_owner) : Unsafe.As<Branch>(next).Editable(_owner);
                next = branch;
            }

            ref var last = ref branch.Slots[(place >>> shift) & BranchMask];
            var leaf = last is null ? new Leaf(_owner) : Unsafe.As<Leaf>(last).Editable(_owner);
            last = leaf;
            return leaf;
        }

        private void Resize(int bits)
        {
            var before = new PersistentMap<TKey, TValue>(_root, _bits, Count);
            var owner = _owner;
            _owner = owner ?? new object();
            _bits = bits;
            _root = RootShift(bits) < 0 ? new Leaf(_owner) : new Branch(_owner);
            before.ForEach(this, static (builder, key, value) =>
            {
                var hash = Hash(key);
                builder.Append(builder.EditableLeaf(hash), hash, new Entry(key, value));
            });
            _owner = owner;
        }
    }

    private sealed class Branch(object? owner)
    {
        public NodeSlots Slots;   // branches, or on the last level of them leaves
        private readonly object? _owner = owner;

        public Branch Editable(object? owner)
        {
            if (owner is not null && ReferenceEquals(owner, _owner))
            {
                return this;
            }

            var copy = new Branch(owner);
            ((ReadOnlySpan<object?>)Slots).CopyTo(copy.Slots);
            return copy;
        }
    }

    private sealed class Leaf(object? owner)
    {
        public LeafTags Tags;     // of the entries of each bucket, the first one's in the lowest byte; 0: there is none
        public LeafSlots Buckets;
        private readonly object? _owner = owner;

        public Leaf Editable(object? owner)
        {
            if (owner is not null && ReferenceEquals(owner, _owner))
            {
                return this;
            }

            var copy = new Leaf(owner) { Tags = Tags };
            ((ReadOnlySpan<Entry[]?>)Buckets).CopyTo(copy.Buckets);
            return copy;
        }
    }

    [InlineArray(Length)]
    private struct LeafSlots
    {
        public const int Length = 1 << BitsPerLeaf;

        private Entry[]? _first;
    }

    [InlineArray(LeafSlots.Length)]
    private struct LeafTags
    {
        private ulong _first;
    }

    private readonly struct Entry(TKey key, TValue value)
    {
        public readonly TKey Key = key;
        public readonly TValue Value = value;
    }
}
