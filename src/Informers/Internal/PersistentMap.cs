using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace CrMonitor.Informers;

/// <summary>An immutable hash trie: a changed copy shares all but one path with its origin, so that readers keep a consistent view while a writer goes on.</summary>
/// <remarks>
/// Each node covers five bits of the hash. Entries lie in their node's array together with their hash, so that a look-up touches one array a level and
/// compares keys once. Below the last bits entries with equal hashes stand in a plain list.
/// </remarks>
internal sealed class PersistentMap<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
{
    private const int BitsPerLevel = 5;
    private const int LevelMask = (1 << BitsPerLevel) - 1;
    private const int HashBits = 32;

    private readonly Node _root;

    private PersistentMap(Node root, int count)
    {
        _root = root;
        Count = count;
    }

    public static PersistentMap<TKey, TValue> Empty { get; } = new(new Node(null), 0);

    public int Count { get; }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => TryGet(_root, key, out value);

    /// <summary>A copy in which <paramref name="key"/> has <paramref name="value"/>.</summary>
    public PersistentMap<TKey, TValue> Set(TKey key, TValue value)
    {
        var added = false;
        var root = Set(_root, 0, new Entry(key, value, key.GetHashCode()), null, ref added);
        return new PersistentMap<TKey, TValue>(root, added ? Count + 1 : Count);
    }

    /// <summary>A copy without <paramref name="key"/>; this map if it has no such key.</summary>
    public PersistentMap<TKey, TValue> Remove(TKey key)
    {
        var root = Remove(_root, 0, key, key.GetHashCode(), null);
        return ReferenceEquals(root, _root) ? this : Count == 1 ? Empty : new PersistentMap<TKey, TValue>(root, Count - 1);
    }

    /// <summary>Copies the values, in no particular order, and returns the index after the last one.</summary>
    public int CopyValues(TValue[] target, int index) => CopyValues(_root, target, index);

    /// <summary>Calls <paramref name="visit"/> for every entry, in no particular order.</summary>
    public void ForEach<TState>(TState state, Action<TState, TKey, TValue> visit) => ForEach(_root, state, visit);

    /// <summary>A builder that starts from this map and never changes it.</summary>
    public Builder ToBuilder() => new(_root, Count);

    private static bool TryGet(Node node, TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var hash = key.GetHashCode();
        for (var shift = 0; shift < HashBits; shift += BitsPerLevel)
        {
            var bit = Bit(hash, shift);
            if ((node.EntryMap & bit) != 0)
            {
                ref readonly var entry = ref node.Entries[Index(node.EntryMap, bit)];
                if (entry.Hash == hash && entry.Key.Equals(key))
                {
                    value = entry.Value;
                    return true;
                }

                value = default;
                return false;
            }

            if ((node.ChildMap & bit) == 0)
            {
                value = default;
                return false;
            }

            node = node.Children[Index(node.ChildMap, bit)];
        }

        var position = PositionOf(node.Entries, key);
        value = position < 0 ? default : node.Entries[position].Value;
        return position >= 0;
    }

    // A node that carries `owner` was made by the running builder and is seen by nobody else: it is changed in place.
    private static Node Set(Node node, int shift, in Entry entry, object? owner, ref bool added)
    {
        if (shift >= HashBits)
        {
            var position = PositionOf(node.Entries, entry.Key);
            var list = node.Editable(owner);
            if (position >= 0)
            {
                list.Entries[position] = entry;
            }
            else
            {
                list.Entries = Inserted(list.Entries, list.Entries.Length, entry);
                added = true;
            }

            return list;
        }

        var bit = Bit(entry.Hash, shift);
        if ((node.EntryMap & bit) != 0)
        {
            var index = Index(node.EntryMap, bit);
            var present = node.Entries[index];
            var editable = node.Editable(owner);
            if (present.Hash == entry.Hash && present.Key.Equals(entry.Key))
            {
                editable.Entries[index] = entry;
                return editable;
            }

            var ignored = false;
            var child = Set(new Node(owner), shift + BitsPerLevel, present, owner, ref ignored);
            child = Set(child, shift + BitsPerLevel, entry, owner, ref added);
            editable.Entries = Removed(editable.Entries, index);
            editable.EntryMap &= ~bit;
            editable.Children = Inserted(editable.Children, Index(editable.ChildMap, bit), child);
            editable.ChildMap |= bit;
            return editable;
        }

        if ((node.ChildMap & bit) != 0)
        {
            var index = Index(node.ChildMap, bit);
            var child = Set(node.Children[index], shift + BitsPerLevel, entry, owner, ref added);
            if (ReferenceEquals(child, node.Children[index]))
            {
                return node;
            }

            var editable = node.Editable(owner);
            editable.Children[index] = child;
            return editable;
        }

        var grown = node.Editable(owner);
        grown.Entries = Inserted(grown.Entries, Index(grown.EntryMap, bit), entry);
        grown.EntryMap |= bit;
        added = true;
        return grown;
    }

    private static Node Remove(Node node, int shift, TKey key, int hash, object? owner)
    {
        if (shift >= HashBits)
        {
            var position = PositionOf(node.Entries, key);
            if (position < 0)
            {
                return node;
            }

            var list = node.Editable(owner);
            list.Entries = Removed(list.Entries, position);
            return list;
        }

        var bit = Bit(hash, shift);
        if ((node.EntryMap & bit) != 0)
        {
            var index = Index(node.EntryMap, bit);
            if (node.Entries[index].Hash != hash || !node.Entries[index].Key.Equals(key))
            {
                return node;
            }

            var editable = node.Editable(owner);
            editable.Entries = Removed(editable.Entries, index);
            editable.EntryMap &= ~bit;
            return editable;
        }

        if ((node.ChildMap & bit) == 0)
        {
            return node;
        }

        var childIndex = Index(node.ChildMap, bit);
        var before = node.Children[childIndex];
        var count = before.Entries.Length;
        var child = Remove(before, shift + BitsPerLevel, key, hash, owner);
        if (ReferenceEquals(child, before) && child.Entries.Length == count && !child.IsSingleEntry)
        {
            // Nothing removed, or (by a builder) removed further down in place.
            return node;
        }

        var parent = node.Editable(owner);
        if (child.IsSingleEntry)
        {
            // The last entry of a child moves up, so that equal contents have equal shapes and removed keys leave no empty nodes behind.
            parent.Children = Removed(parent.Children, childIndex);
            parent.ChildMap &= ~bit;
            parent.Entries = Inserted(parent.Entries, Index(parent.EntryMap, bit), child.Entries[0]);
            parent.EntryMap |= bit;
        }
        else
        {
            parent.Children[childIndex] = child;
        }

        return parent;
    }

    private static int CopyValues(Node node, TValue[] target, int index)
    {
        foreach (ref readonly var entry in node.Entries.AsSpan())
        {
            target[index++] = entry.Value;
        }

        foreach (var child in node.Children)
        {
            index = CopyValues(child, target, index);
        }

        return index;
    }

    private static void ForEach<TState>(Node node, TState state, Action<TState, TKey, TValue> visit)
    {
        foreach (var entry in node.Entries)
        {
            visit(state, entry.Key, entry.Value);
        }

        foreach (var child in node.Children)
        {
            ForEach(child, state, visit);
        }
    }

    private static uint Bit(int hash, int shift) => 1u << ((hash >>> shift) & LevelMask);

    private static int Index(uint map, uint bit) => BitOperations.PopCount(map & (bit - 1));

    private static int PositionOf(Entry[] entries, TKey key)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Key.Equals(key))
            {
                return i;
            }
        }

        return -1;
    }

    private static TItem[] Inserted<TItem>(TItem[] items, int index, TItem item)
    {
        var result = new TItem[items.Length + 1];
        items.AsSpan(0, index).CopyTo(result);
        result[index] = item;
        items.AsSpan(index).CopyTo(result.AsSpan(index + 1));
        return result;
    }

    private static TItem[] Removed<TItem>(TItem[] items, int index)
    {
        if (items.Length == 1)
        {
            return [];
        }

        var result = new TItem[items.Length - 1];
        items.AsSpan(0, index).CopyTo(result);
        items.AsSpan(index + 1).CopyTo(result.AsSpan(index));
        return result;
    }

    /// <summary>Collects many changes before anyone sees them: it copies each touched node once. Not for several threads.</summary>
    public sealed class Builder
    {
        private Node _root;
        private object _owner = new();

        internal Builder(object root, int count)
        {
            _root = (Node)root;
            Count = count;
        }

        public int Count { get; private set; }

        public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => PersistentMap<TKey, TValue>.TryGet(_root, key, out value);

        public void Set(TKey key, TValue value)
        {
            var added = false;
            _root = PersistentMap<TKey, TValue>.Set(_root, 0, new Entry(key, value, key.GetHashCode()), _owner, ref added);
            Count += added ? 1 : 0;
        }

        public bool Remove(TKey key)
        {
            if (!TryGet(key, out _))
            {
                return false;
            }

            _root = PersistentMap<TKey, TValue>.Remove(_root, 0, key, key.GetHashCode(), _owner);
            Count--;
            return true;
        }

        /// <summary>The map so far. The builder may go on; it no longer owns the nodes that the map has.</summary>
        public PersistentMap<TKey, TValue> ToMap()
        {
            _owner = new object();
            return Count == 0 ? Empty : new PersistentMap<TKey, TValue>(_root, Count);
        }
    }

    private sealed class Node(object? owner)
    {
        public uint EntryMap;
        public uint ChildMap;
        public Entry[] Entries = [];
        public Node[] Children = [];
        private readonly object? _owner = owner;

        public bool IsSingleEntry => Entries.Length == 1 && Children.Length == 0;

        public Node Editable(object? owner) => owner is not null && ReferenceEquals(owner, _owner)
            ? this
            : new Node(owner) { EntryMap = EntryMap, ChildMap = ChildMap, Entries = [.. Entries], Children = [.. Children] };
    }

    private readonly struct Entry(TKey key, TValue value, int hash)
    {
        public readonly TKey Key = key;
        public readonly TValue Value = value;
        public readonly int Hash = hash;
    }
}
