using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CrMonitor.Informers;

/// <summary>Hashes of strings for the maps of a store, four characters a multiplication.</summary>
/// <remarks>Seeded at random, like <see cref="string.GetHashCode()"/>: nobody can choose names that all have one hash, without knowing the seed of the process.</remarks>
internal static class TextHash
{
    private static readonly ulong Seed = NewSeed();
    private static readonly ulong OtherSeed = NewSeed();

    public static ulong Of(string text)
    {
        var bytes = MemoryMarshal.AsBytes(text.AsSpan());
        var hash = Seed ^ (ulong)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = Mix(hash, MemoryMarshal.Read<ulong>(bytes));
        }

        var rest = 0ul;
        for (; bytes.Length > 0; bytes = bytes[sizeof(char)..])
        {
            rest = (rest << 16) | MemoryMarshal.Read<char>(bytes);
        }

        return Mix(hash, rest);
    }

    /// <summary>A hash so far, and what comes next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash, ulong next)
    {
        var high = Math.BigMul(hash ^ Seed, next ^ OtherSeed, out var low);
        return high ^ low;
    }

    private static ulong NewSeed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<ulong>(bytes) | 1;
    }
}
