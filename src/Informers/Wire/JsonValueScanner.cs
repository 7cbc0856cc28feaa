using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CrMonitor.Informers;

/// <summary>Finds the end of one JSON value in bytes that come in pieces. It counts brackets and skips strings; whether the value is valid, its decoder finds out.</summary>
/// <remarks>
/// So a broken object costs nothing but itself: where it ends is known all the same. Every byte is looked at once, however the pieces are cut, and inside an
/// object or array 64 of them together: one bit each for quotes and brackets.
/// </remarks>
internal struct JsonValueScanner
{
    private const int BlockSize = 64;
    private const ulong EvenBits = 0x5555_5555_5555_5555;
    private static readonly SearchValues<byte> Structural = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> PrimitiveEnd = SearchValues.Create(",]} \t\r\n"u8);

    private Mode _mode;
    private int _depth;

    private enum Mode
    {
        Start,
        Inside,
        InString,
        Escaped,
        Primitive,
    }

    /// <summary>Goes on with <paramref name="bytes"/>. The first byte ever must be the value's first.</summary>
    /// <param name="bytes">The next piece.</param>
    /// <param name="consumed">How many of its bytes belong to the value.</param>
    /// <returns>The value ended. The end of a number or literal shows only at the byte after it.</returns>
    public bool Scan(ReadOnlySpan<byte> bytes, out int consumed)
    {
        var position = 0;
        while (position < bytes.Length)
        {
            if (_depth > 0 && _mode is Mode.Inside or Mode.InString && bytes.Length - position >= BlockSize && ScanBlocks(bytes, ref position))
            {
                return End(position, out consumed);
            }

            if (position == bytes.Length)
            {
                break;
            }

            switch (_mode)
            {
                case Mode.Start:
                    (_mode, _depth) = bytes[position] switch
                    {
                        (byte)'"' => (Mode.InString, 0),
                        (byte)'{' or (byte)'[' => (Mode.Inside, 1),
                        _ => (Mode.Primitive, 0),
                    };
                    position += _mode == Mode.Primitive ? 0 : 1;
                    break;

                case Mode.Inside:
                    var structural = bytes[position..].IndexOfAny(Structural);
                    if (structural < 0)
                    {
                        position = bytes.Length;
                        break;
                    }

                    position += structural + 1;
                    switch (bytes[position - 1])
                    {
                        case (byte)'"':
                            _mode = Mode.InString;
                            break;
                        case (byte)'{' or (byte)'[':
                            _depth++;
                            break;
                        default:
                            if (--_depth == 0)
                            {
                                return End(position, out consumed);
                            }

                            break;
                    }

                    break;

                case Mode.InString:
                    var end = bytes[position..].IndexOfAny(StringEnd);
                    if (end < 0)
                    {
                        position = bytes.Length;
                        break;
                    }

                    position += end + 1;
                    if (bytes[position - 1] == (byte)'\\')
                    {
                        _mode = Mode.Escaped;
                    }
                    else if (_depth == 0)
                    {
                        return End(position, out consumed);
                    }
                    else
                    {
                        _mode = Mode.Inside;
                    }

                    break;

                case Mode.Escaped:
                    position++;
                    _mode = Mode.InString;
                    break;

                default:
                    var stop = bytes[position..].IndexOfAny(PrimitiveEnd);
                    if (stop >= 0)
                    {
                        return End(position + stop, out consumed);
                    }

                    position = bytes.Length;
                    break;
            }
        }

        consumed = bytes.Length;
        return false;
    }

    /// <summary>The index after the value that starts at <paramref name="start"/>; -1 if it does not end in these bytes.</summary>
    public static int EndOf(ReadOnlySpan<byte> bytes, int start)
    {
        // Most values are short strings.
        if (bytes[start] == (byte)'"')
        {
            var length = bytes[(start + 1)..].IndexOfAny((byte)'"', (byte)'\\');
            if (length >= 0 && bytes[start + 1 + length] == (byte)'"')
            {
                return start + length + 2;
            }
        }

        var scanner = default(JsonValueScanner);
        return scanner.Scan(bytes[start..], out var consumed) ? start + consumed : -1;
    }

    // Goes on by whole blocks until the value ends (true), too few bytes are left for another, or a block is no JSON: a backslash outside of a string.
    private bool ScanBlocks(ReadOnlySpan<byte> bytes, ref int position)
    {
        var inString = _mode == Mode.InString ? ulong.MaxValue : 0;
        var firstIsEscaped = 0UL;
        while (bytes.Length - position >= BlockSize)
        {
            Look(bytes[position..], out var quotes, out var backslashes, out var opening, out var closing);
            var nextIsEscaped = 0UL;
            if ((backslashes | firstIsEscaped) != 0)
            {
                quotes &= ~Escaped(backslashes, firstIsEscaped, out nextIsEscaped);
            }

            // One bits from an opening quote up to the byte before its closing one.
            var strings = PrefixXor(quotes) ^ inString;
            if ((backslashes & ~strings) != 0)
            {
                break;
            }

            opening &= ~strings;
            closing &= ~strings;
            var closed = BitOperations.PopCount(closing);
            if (closed < _depth)
            {
                _depth += BitOperations.PopCount(opening) - closed;
            }
            else if (EndsIn(opening, closing, out var end))
            {
                position += end;
                return true;
            }

            inString = (ulong)((long)strings >> 63);
            firstIsEscaped = nextIsEscaped;
            position += BlockSize;
        }

        _mode = firstIsEscaped != 0 ? Mode.Escaped : inString != 0 ? Mode.InString : Mode.Inside;
        return false;
    }

    private bool EndsIn(ulong opening, ulong closing, out int end)
    {
        for (var brackets = opening | closing; brackets != 0; brackets &= brackets - 1)
        {
            var index = BitOperations.TrailingZeroCount(brackets);
            if ((opening >> index & 1) != 0)
            {
                _depth++;
            }
            else if (--_depth == 0)
            {
                end = index + 1;
                return true;
            }
        }

        end = 0;
        return false;
    }

    private static void Look(ReadOnlySpan<byte> bytes, out ulong quotes, out ulong backslashes, out ulong opening, out ulong closing)
    {
        ref var first = ref MemoryMarshal.GetReference(bytes[..BlockSize]);
        var low = Vector256.LoadUnsafe(ref first);
        var high = Vector256.LoadUnsafe(ref first, (nuint)Vector256<byte>.Count);
        quotes = Equal(low, high, (byte)'"');
        backslashes = Equal(low, high, (byte)'\\');

        // Square and curly brackets differ in this bit alone.
        var bit = Vector256.Create((byte)0x20);
        opening = Equal(low | bit, high | bit, (byte)'{');
        closing = Equal(low | bit, high | bit, (byte)'}');
    }

    private static ulong Equal(Vector256<byte> low, Vector256<byte> high, byte value)
    {
        var wanted = Vector256.Create(value);
        return Vector256.Equals(low, wanted).ExtractMostSignificantBits() | (ulong)Vector256.Equals(high, wanted).ExtractMostSignificantBits() << 32;
    }

    // The bytes that stand behind an odd number of backslashes. The carry of the addition runs through each row of them.
    private static ulong Escaped(ulong backslashes, ulong firstIsEscaped, out ulong nextIsEscaped)
    {
        backslashes &= ~firstIsEscaped;
        var following = backslashes << 1 | firstIsEscaped;
        var oddStarts = backslashes & ~EvenBits & ~following;
        var sum = oddStarts + backslashes;
        nextIsEscaped = sum < oddStarts ? 1UL : 0;
        return (EvenBits ^ (sum << 1)) & following;
    }

    // Bit n is the parity of the bits 0 to n.
    private static ulong PrefixXor(ulong bits)
    {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        return bits ^ bits << 32;
    }

    private bool End(int position, out int consumed)
    {
        _mode = Mode.Start;
        consumed = position;
        return true;
    }
}
