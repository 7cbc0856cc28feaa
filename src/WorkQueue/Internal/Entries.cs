using System.Numerics;
using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// The entries of a queue. They never move, so that lists, heap and work items refer to them by number, and an entry can be read while others are
/// added.
/// </summary>
/// <remarks>The queue's lock guards everything but the indexer and <see cref="HashIndex.Prefetch"/>.</remarks>
internal sealed class Entries
{
    private const int None = -1;
    private const int FirstChunkBits = 4;
    private const int FirstChunk = 1 << FirstChunkBits;

    /// <summary>How many chunks there can be.</summary>
    public const int MaxChunks = 31 - FirstChunkBits;

    // Each chunk is as large as all before it together: growth copies no entry, and few small chunks serve a small queue.
    private readonly Entry[]?[] _chunks = new Entry[MaxChunks][];
    private HashIndex _index = new();
    private int _used;
    private int _free = None;

    /// <summary>Finds entries by the hashes of their keys.</summary>
    public ref HashIndex Index => ref _index;

    /// <summary>An entry that has been in use once. May be called without the lock.</summary>
    public ref Entry this[int slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var place = Place(slot, out var chunk);
            return ref _chunks[chunk]![place];
        }
    }

    /// <summary>Where an entry is, and its key: in which chunk, and at which place there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Place(int slot, out int chunk)
    {
        var place = (uint)slot + FirstChunk;
        var bits = BitOperations.Log2(place);
        chunk = bits - FirstChunkBits;
        return place ^ (1u << bits);
    }

    public static int ChunkSize(int chunk) => FirstChunk << chunk;

    /// <summary>
    /// Fetches what the next hand-outs of a list will need: the bucket of the entry that is first now, and the entry behind it. Keys that fell due or
    /// take turns lie at random places of memory, and each would otherwise be waited for under the lock.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchHandOuts<TLinks>(int first) where TLinks : struct, IEntryLinks
    {
        if (first >= 0)
        {
            ref var entry = ref this[first];
            Index.Prefetch(entry.Hash);
            Prefetch(TLinks.Next(ref entry));
        }
    }

    /// <summary>Fetches the bucket of an entry, if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(int slot)
    {
        if (slot >= 0)
        {
            Index.Prefetch(this[slot].Hash);
        }
    }

    /// <summary>Fetches an entry that is about to be read, if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int slot)
    {
        if (slot >= 0)
        {
            // Most entries lie in two lines.
            ref var entry = ref this[slot];
            CacheLine.Prefetch(ref entry);
            CacheLine.Prefetch(ref entry.State);
        }
    }

    /// <summary>Makes an entry for a key that has none.</summary>
    public int Insert(uint hash)
    {
        int slot;
        if (_free >= 0)
        {
            slot = _free;
            _free = this[slot].Next;
            Prefetch(_free); // another processor may have freed it
        }
        else
        {
            slot = _used++;
            Place(slot, out var chunk);
            _chunks[chunk] ??= new Entry[ChunkSize(chunk)];
        }

        ref var entry = ref this[slot];
        entry.Hash = hash;
        entry.State = EntryState.None;
        Index.Add(hash, slot);
        return slot;
    }

    /// <summary>Frees an entry; its version stays.</summary>
    public void Remove(int slot)
    {
        ref var entry = ref this[slot];
        Index.Remove(entry.Hash, slot);
        entry.Next = _free;
        _free = slot;
    }
}
