using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CrMonitor.Informers;

/// <summary>Hashes of strings for the maps of a store, eight characters a multiplication.</summary>
/// <remarks>Seeded at random, like <see cref="string.GetHashCode()"/>: nobody can choose names that all have one hash, without knowing the seed of the process.</remarks>
internal static class TextHash
{
    private const int WordLength = sizeof(ulong) / sizeof(char);

    private static readonly ulong Seed = NewSeed();
    private static readonly ulong OtherSeed = NewSeed();

    public static ulong Of(string text)
    {
        ref var first = ref Unsafe.As<char, byte>(ref Unsafe.AsRef(in text.GetPinnableReference()));
        var hash = (ulong)text.Length;
        if (text.Length < WordLength)
        {
            var few = 0ul;
            foreach (var character in text)
            {
                few = few << 16 | character;
            }

            return Mix(hash, few);
        }

        for (var position = 0; position < text.Length - (2 * WordLength); position += 2 * WordLength)
        {
            hash = Mix(hash ^ Word(ref first, position), Word(ref first, position + WordLength));
        }

        // The last eight characters, or, of fewer, the first four and the last four: some of them for a second time.
        return Mix(hash ^ Word(ref first, Math.Max(0, text.Length - (2 * WordLength))), Word(ref first, text.Length - WordLength));
    }

    /// <summary>A hash so far, and what comes next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash, ulong next)
    {
        var high = Math.BigMul(hash ^ Seed, next ^ OtherSeed, out var low);
        return high ^ low;
    }

    private static ulong Word(ref byte first, int position) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, position * sizeof(char)));

    private static ulong NewSeed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<ulong>(bytes) | 1;
    }
}
