using System.Numerics;
using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// Finds the numbers of entries by the hashes of their keys. Open addressing, probed in line. A bucket is the hash in the upper half and the entry's
/// number + 1 in the lower one, so that a probe reads no entry but one of the same hash; 0 is an empty bucket.
/// </summary>
/// <remarks>
/// It exists because a <see cref="Dictionary{TKey, TValue}"/> would hash and compare each key a second time on removal. Only <see cref="Prefetch"/>
/// may be called without the owner's lock.
/// </remarks>
internal struct HashIndex
{
    private const int None = -1;
    private const int FirstBuckets = 64;

    private ulong[] _buckets = new ulong[FirstBuckets];
    private int _shift = 64 - BitOperations.Log2(FirstBuckets);

    public HashIndex()
    {
    }

    public int Count { get; private set; }

    public readonly int BucketCount => _buckets.Length;

    /// <summary>Where to look for a hash first.</summary>
    // The multiplication spreads hash codes that differ in few bits, as those of integers do, over all buckets.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Home(uint hash) => (int)((hash * 0x9E3779B97F4A7C15UL) >> _shift);

    /// <summary>The next entry that has the hash.</summary>
    /// <param name="hash">The hash to look for.</param>
    /// <param name="place">Where to look: at first <see cref="Home"/>.</param>
    /// <returns>-1 if there are no more.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Next(uint hash, ref int place)
    {
        var buckets = _buckets;
        while (buckets[place] is not 0 and var bucket)
        {
            place = (place + 1) & (buckets.Length - 1);
            if ((uint)(bucket >> 32) == hash)
            {
                return Number(bucket);
            }
        }

        return None;
    }

    /// <summary>
    /// Fetches the bucket of a key that is about to be looked up. Among many keys no bucket is in the processor's cache, and waiting for it is the
    /// greater part of an addition or a removal.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(uint hash)
    {
        // Both fields may be read without the lock, so the bounds are the array's own.
        var buckets = _buckets;
        CacheLine.Prefetch(ref buckets[Home(hash) & (buckets.Length - 1)]);
    }

    public void Add(uint hash, int number)
    {
        if (++Count > _buckets.Length / 2)
        {
            Grow();
        }

        Put(Bucket(hash, number));
    }

    public void Remove(uint hash, int number)
    {
        var buckets = _buckets;
        var mask = buckets.Length - 1;
        var bucket = Bucket(hash, number);
        var gap = Home(hash);
        while (buckets[gap] != bucket)
        {
            gap = (gap + 1) & mask;
        }

        // What was put further on than its home because of this bucket moves up, so that there are no gaps on the way to any key.
        for (var place = (gap + 1) & mask; buckets[place] is not 0 and var next; place = (place + 1) & mask)
        {
            if (((place - Home((uint)(next >> 32))) & mask) >= ((place - gap) & mask))
            {
                buckets[gap] = next;
                gap = place;
            }
        }

        buckets[gap] = 0;
        Count--;
    }

    /// <summary>The entry found by a bucket, counted from 0; -1 for an empty one.</summary>
    public readonly int NumberAt(int place) => Number(_buckets[place]);

    private static int Number(ulong bucket) => (int)(uint)bucket - 1;

    private static ulong Bucket(uint hash, int number) => ((ulong)hash << 32) | (uint)(number + 1);

    private readonly void Put(ulong bucket)
    {
        var buckets = _buckets;
        var place = Home((uint)(bucket >> 32));
        while (buckets[place] != 0)
        {
            place = (place + 1) & (buckets.Length - 1);
        }

        buckets[place] = bucket;
    }

    private void Grow()
    {
        // Homes are the upper bits of a product, so the buckets are read and written from front to back.
        var old = _buckets;
        _buckets = new ulong[checked(old.Length * 2)];
        _shift--;
        foreach (var bucket in old)
        {
            if (bucket != 0)
            {
                Put(bucket);
            }
        }
    }
}
