using System.Buffers.Binary;

namespace CrMonitor.ApiServer.Protobuf;

/// <summary>Reads the fields of one message, one after the other.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private const int MaximumVarintLength = 10;

    private ReadOnlySpan<byte> _rest = message;

    public int Number { get; private set; }

    public WireType Type { get; private set; }

    /// <summary>The value of a field that is a number.</summary>
    public ulong Scalar { get; private set; }

    /// <summary>The value of a field that is a text, bytes or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <returns>False at the end.</returns>
    /// <exception cref="FormatException">The message is cut short, or is none.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint();
        Type = (WireType)(tag & 7);
        if (tag >> 3 is 0 or > int.MaxValue)
        {
            throw new FormatException($"proto: illegal tag {(long)(tag >> 3)} (wire type {(int)Type})");
        }

        Number = (int)(tag >> 3);
        Bytes = [];
        Scalar = 0;
        switch (Type)
        {
            case WireType.Varint:
                Scalar = ReadVarint();
                break;
            case WireType.Fixed64:
                Scalar = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
                break;
            case WireType.Fixed32:
                Scalar = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
                break;
            case WireType.Length:
                Bytes = Take(ReadVarint());
                break;
            default:
                throw new FormatException($"proto: illegal wireType {(int)Type}");
        }

        return true;
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw new FormatException("unexpected EOF");
        }

        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var i = 0; i < MaximumVarintLength; i++)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("proto: integer overflow");
    }

    /// <summary>Reads a list of numbers that stand in one field.</summary>
    public static List<ulong> ReadPacked(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var values = new List<ulong>();
        while (!reader._rest.IsEmpty)
        {
            values.Add(reader.ReadVarint());
        }

        return values;
    }
}
