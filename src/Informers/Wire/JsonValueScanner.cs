using System.Buffers;

namespace CrMonitor.Informers;

/// <summary>Finds the end of one JSON value in bytes that come in pieces. It counts brackets and skips strings; whether the value is valid, its decoder finds out.</summary>
/// <remarks>So a broken object costs nothing but itself: where it ends is known all the same. Every byte is looked at once, however the pieces are cut.</remarks>
internal struct JsonValueScanner
{
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
        var scanner = default(JsonValueScanner);
        return scanner.Scan(bytes[start..], out var consumed) ? start + consumed : -1;
    }

    private bool End(int position, out int consumed)
    {
        _mode = Mode.Start;
        consumed = position;
        return true;
    }
}
