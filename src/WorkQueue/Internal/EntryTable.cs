using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace CrMonitor.WorkQueue;

/// <summary>
/// A hash table from key to entry whose entries never move, so that lists, heap and work items refer to them by number, and an entry can be read while
/// others are added. It exists because a <see cref="Dictionary{TKey, TValue}"/> of indexes would hash and compare each key a second time on removal.
/// </summary>
/// <remarks>The owner's lock guards everything but <see cref="Hash"/> and the indexer.</remarks>
internal struct EntryTable<TKey> where TKey : notnull
{
    private const int None = -1;
    private const int FirstChunkBits = 4;
    private const int FirstChunk = 1 << FirstChunkBits;
    private const int MaxChunks = 31 - FirstChunkBits;
    private const int BucketsPerEntry = 4; // 2 after the first growth and from then on: see Grow

    // Null stands for the default comparer of a value type, whose calls the JIT then inlines.
    private readonly IEqualityComparer<TKey>? _comparer;

    // Each chunk is as large as all before it together: growth copies no entry, and few small chunks serve a small queue.
    private readonly Entry<TKey>[]?[] _chunks = new Entry<TKey>[MaxChunks][];

    // Open addressing, probed in line. A bucket is the hash in the upper half and the entry's number + 1 in the lower one, so that a probe reads no
    // entry but one of the same hash; 0 is an empty bucket.
    private ulong[] _buckets = new ulong[BucketsPerEntry * FirstChunk];
    private int _shift = 64 - BitOperations.Log2(BucketsPerEntry * FirstChunk);
    private int _used;
    private int _free = None;

    public EntryTable(IEqualityComparer<TKey>? comparer) =>
        _comparer = comparer ?? (typeof(TKey).IsValueType ? null : EqualityComparer<TKey>.Default);

    public int Count { get; private set; }

    /// <summary>An entry that has been in use once. May be called without the lock.</summary>
    public readonly ref Entry<TKey> this[int slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var place = (uint)slot + FirstChunk;
            var bits = BitOperations.Log2(place);
            return ref _chunks[bits - FirstChunkBits]![place ^ (1u << bits)];
        }
    }

    public readonly uint Hash(TKey key) => (uint)(_comparer is null ? key.GetHashCode() : _comparer.GetHashCode(key));

    public readonly int Find(TKey key, uint hash)
    {
        var buckets = _buckets;
        for (var index = Home(hash); ; index = (index + 1) & (buckets.Length - 1))
        {
            var bucket = buckets[index];
            if (bucket == 0)
            {
                return None;
            }

            if ((uint)(bucket >> 32) == hash && AreEqual(this[Slot(bucket)].Key, key))
            {
                return Slot(bucket);
            }
        }
    }

    /// <summary>
    /// Fetches the bucket of a key that is about to be looked up. In a queue of many keys no bucket is in the processor's cache, and waiting for it is
    /// the greater part of an addition or a removal.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly unsafe void Prefetch(uint hash)
    {
        if (Sse.IsSupported)
        {
            // A hint only: if the array is moved in between, the wrong line is fetched and nothing else happens.
            Sse.Prefetch0(Unsafe.AsPointer(ref _buckets[Home(hash)]));
        }
    }

    /// <summary>The same for an entry that is about to be removed, if there is one.</summary>
    public readonly void PrefetchRemoval(int slot)
    {
        if (slot >= 0)
        {
            Prefetch(this[slot].Hash);
        }
    }

    /// <summary>Makes an entry for a key that has none.</summary>
    public int Insert(TKey key, uint hash)
    {
        int slot;
        if (_free >= 0)
        {
            slot = _free;
            _free = this[slot].Next;
        }
        else
        {
            slot = _used;
            if (BitOperations.IsPow2(slot + FirstChunk))
            {
                Grow();
            }

            _used++;
        }

        ref var entry = ref this[slot];
        entry.Key = key;
        entry.Hash = hash;
        entry.Previous = entry.Next = entry.LanePrevious = entry.LaneNext = entry.Lane = None;
        entry.State = EntryState.None;

        var buckets = _buckets;
        var index = Home(hash);
        while (buckets[index] != 0)
        {
            index = (index + 1) & (buckets.Length - 1);
        }

        buckets[index] = Bucket(hash, slot);
        Count++;
        return slot;
    }

    /// <summary>Frees an entry and lets go of its key; its version stays.</summary>
    public void Remove(int slot)
    {
        ref var entry = ref this[slot];
        var buckets = _buckets;
        var mask = buckets.Length - 1;
        var bucket = Bucket(entry.Hash, slot);
        var gap = Home(entry.Hash);
        while (buckets[gap] != bucket)
        {
            gap = (gap + 1) & mask;
        }

        // What was put further on than its home because of this bucket moves up, so that there are no gaps on the way to any key.
        for (var index = (gap + 1) & mask; buckets[index] is not 0 and var next; index = (index + 1) & mask)
        {
            if (((index - Home((uint)(next >> 32))) & mask) >= ((index - gap) & mask))
            {
                buckets[gap] = next;
                gap = index;
            }
        }

        buckets[gap] = 0;
        entry.Key = default!;
        entry.Next = _free;
        _free = slot;
        Count--;
    }

    [Conditional("DEBUG")]
    public readonly void AssertInvariants()
    {
        var count = 0;
        foreach (var bucket in _buckets)
        {
            if (bucket != 0)
            {
                count++;
                Debug.Assert(this[Slot(bucket)].Hash == bucket >> 32, "A bucket has the hash of its entry.");
                Debug.Assert(Find(this[Slot(bucket)].Key, this[Slot(bucket)].Hash) == Slot(bucket), "An entry is found by its key.");
            }
        }

        Debug.Assert(count == Count, "Every entry has one bucket.");
    }

    private static int Slot(ulong bucket) => (int)(uint)bucket - 1;

    private static ulong Bucket(uint hash, int slot) => ((ulong)hash << 32) | (uint)(slot + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool AreEqual(TKey a, TKey b) => _comparer is null ? EqualityComparer<TKey>.Default.Equals(a, b) : _comparer.Equals(a, b);

    // The multiplication spreads hash codes that differ in few bits, as those of integers do, over all buckets.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int Home(uint hash) => (int)((hash * 0x9E3779B97F4A7C15UL) >> _shift);

    /// <summary>Adds a chunk, when every entry is in use, and keeps at least half of the buckets empty.</summary>
    private void Grow()
    {
        var chunk = BitOperations.Log2((uint)_used + FirstChunk) - FirstChunkBits;
        _chunks[chunk] = new Entry<TKey>[FirstChunk << chunk];
        var old = _buckets;
        if (chunk == 0)
        {
            return;
        }

        // Homes are the upper bits of a product, so the buckets are read and written from front to back.
        var buckets = new ulong[checked(old.Length * 2)];
        _buckets = buckets;
        _shift--;
        foreach (var bucket in old)
        {
            if (bucket == 0)
            {
                continue;
            }

            var index = Home((uint)(bucket >> 32));
            while (buckets[index] != 0)
            {
                index = (index + 1) & (buckets.Length - 1);
            }

            buckets[index] = bucket;
        }
    }
}
