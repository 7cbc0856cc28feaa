using System.Runtime.InteropServices;
using System.Text;

namespace CrMonitor.Informers;

/// <summary>Gives equal short strings as one: names of namespaces, keys and values of labels, reasons of conditions come again in every object.</summary>
/// <remarks>
/// Its size is fixed. Each set holds one string that was asked for more than once, and the last newcomer: so the many strings that come only once (names)
/// push out each other alone. May be used from any thread: slots are read and written whole, and what is found is compared before it is given.
/// </remarks>
internal static class StringPool
{
    /// <summary>Longer strings are seldom equal to another.</summary>
    public const int MaxLength = 64;

    private const int Sets = 4096;
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    private static readonly string?[] Slots = new string?[2 * Sets];

    /// <summary>The string of these bytes, which are ASCII or at least valid UTF-8.</summary>
    /// <returns><see langword="false"/> if the bytes are too many or not ASCII: nothing is pooled then.</returns>
    public static bool TryGet(ReadOnlySpan<byte> ascii, out string text)
    {
        if (ascii.Length is 0 or > MaxLength)
        {
            text = "";
            return ascii.IsEmpty;
        }

        var slots = Slots.AsSpan((int)(Hash(ascii) >> (64 - 12)) * 2, 2);
        var first = slots[0];
        if (first is not null && Ascii.Equals(ascii, first))
        {
            text = first;
            return true;
        }

        var second = slots[1];
        if (second is not null && Ascii.Equals(ascii, second))
        {
            (slots[0], slots[1]) = (second, first);
            text = second;
            return true;
        }

        if (!Ascii.IsValid(ascii))
        {
            text = "";
            return false;
        }

        text = Encoding.ASCII.GetString(ascii);
        slots[1] = text;
        return true;
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = (ulong)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
        }

        var rest = 0UL;
        foreach (var value in bytes)
        {
            rest = rest << 8 | value;
        }

        return Mix(hash ^ rest);
    }

    private static ulong Mix(ulong value)
    {
        value *= Multiplier;
        return (value ^ value >> 32) * Multiplier;
    }
}
