using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>The keys of a queue, and their <see cref="Entries"/>.</summary>
/// <remarks>The queue's lock guards everything but <see cref="Hash"/>, and <see cref="KeyOf"/> of a held key.</remarks>
internal readonly struct EntryTable<TKey> where TKey : notnull
{
    // Null stands for the default comparer of a value type, whose calls the JIT then inlines.
    private readonly IEqualityComparer<TKey>? _comparer;
    private readonly Holder[]?[] _keys = new Holder[Entries.MaxChunks][]; // chunks as those of the entries

    public EntryTable(IEqualityComparer<TKey>? comparer) =>
        _comparer = comparer ?? (typeof(TKey).IsValueType ? null : EqualityComparer<TKey>.Default);

    public Entries Entries { get; } = new();

    public uint Hash(TKey key) => (uint)(_comparer is null ? key.GetHashCode() : _comparer.GetHashCode(key));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref TKey KeyOf(int slot)
    {
        var place = Entries.Place(slot, out var chunk);
        return ref _keys[chunk]![place].Key;
    }

    /// <returns>The entry of the key; -1 if there is none.</returns>
    public int Find(TKey key, uint hash)
    {
        int slot;
        ref var index = ref Entries.Index;
        var place = index.Home(hash);
        do
        {
            slot = index.Next(hash, ref place);
        }
        while (slot >= 0 && !AreEqual(KeyOf(slot), key));
        return slot;
    }

    /// <summary>Makes an entry for a key that has none.</summary>
    public int Insert(TKey key, uint hash)
    {
        var slot = Entries.Insert(hash);
        var place = Entries.Place(slot, out var chunk);
        (_keys[chunk] ??= new Holder[Entries.ChunkSize(chunk)])[place].Key = key;
        return slot;
    }

    /// <summary>Frees an entry and lets go of its key.</summary>
    public void Remove(int slot)
    {
        Entries.Remove(slot);
        KeyOf(slot) = default!;
    }

    [Conditional("DEBUG")]
    public void AssertInvariants()
    {
        var count = 0;
        for (var place = 0; place < Entries.Index.BucketCount; place++)
        {
            if (Entries.Index.NumberAt(place) is >= 0 and var slot)
            {
                count++;
                Debug.Assert(Find(KeyOf(slot), Entries[slot].Hash) == slot, "An entry is found by its key.");
            }
        }

        Debug.Assert(count == Entries.Index.Count, "Every entry is indexed once.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreEqual(TKey a, TKey b) => _comparer is null ? EqualityComparer<TKey>.Default.Equals(a, b) : _comparer.Equals(a, b);

    // A structure, so that storing a key does not look for its type, as storing into an array of references does.
    private struct Holder
    {
        public TKey Key;
    }
}
