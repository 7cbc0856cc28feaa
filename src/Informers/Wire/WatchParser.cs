using System.Buffers;

namespace CrMonitor.Informers;

/// <summary>Cuts the body of a WATCH into events, one a line, and hands over each as soon as its line is complete.</summary>
/// <param name="handle">Takes each event; <see langword="false"/> ends the reading.</param>
/// <param name="tooLarge">Takes each event with an object that is larger than allowed, of which it gets the beginning, instead of <paramref name="handle"/>.</param>
/// <param name="maxSize">The most bytes that an object may have.</param>
internal sealed class WatchParser(WatchEventHandler handle, WatchEventHandler? tooLarge = null, int maxSize = WatchParser.DefaultMaxSize) : IBodyParser
{
    private const int DefaultMaxSize = 64 * 1024 * 1024;

    // What a line has around the object: {"type":"MODIFIED","object":...}, with spaces perhaps.
    private const int EnvelopeSize = 256;

    private readonly ArrayBufferWriter<byte> _partial = new();
    private bool _isCut;   // what _partial holds is only the beginning of what came of the line

    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                Keep(bytes);
                return true;
            }

            bool goOn;
            if (_partial.WrittenCount == 0)
            {
                goOn = Line(bytes[..end]);
            }
            else
            {
                Keep(bytes[..end]);
                goOn = Line(_partial.WrittenSpan);
                _partial.ResetWrittenCount();
                _isCut = false;
            }

            if (!goOn)
            {
                return false;
            }

            bytes = bytes[(end + 1)..];
        }
    }

    public void Complete()
    {
        if (_isCut || (!IsBlank(_partial.WrittenSpan) && !IsComplete(_partial.WrittenSpan)))
        {
            throw new EndOfStreamException("The stream broke off in the middle of an event.");
        }

        if (!IsBlank(_partial.WrittenSpan))
        {
            // The last line needs no newline.
            Line(_partial.WrittenSpan);
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        // In long arithmetic: the limit may be the largest int.
        var room = (long)maxSize + EnvelopeSize - _partial.WrittenCount;
        if (bytes.Length > room)
        {
            _isCut = true;
            bytes = bytes[..(int)room];
        }

        _partial.Write(bytes);
    }

    private bool Line(ReadOnlySpan<byte> line)
    {
        if (IsBlank(line))
        {
            return true;
        }

        ReadOnlySpan<byte> type = default;
        ReadOnlySpan<byte> content = default;
        var properties = new JsonProperties(line);
        while (properties.MoveNext())
        {
            if (properties.Name.SequenceEqual("type"u8))
            {
                type = properties.TextValue;
            }
            else if (properties.Name.SequenceEqual("object"u8))
            {
                content = properties.Value;
            }
        }

        if (_isCut && properties.IsCut && properties.Name.SequenceEqual("object"u8))
        {
            content = line[properties.ValueStart..];
        }

        if (type.IsEmpty || content.IsEmpty)
        {
            throw new InvalidDataException("A line of the stream is not a watch event (an object with type and object).");
        }

        if (content.Length <= maxSize && !_isCut)
        {
            return handle(TypeOf(type), content);
        }

        return tooLarge is null
            ? throw new InvalidDataException($"The stream has an object of more than {maxSize} bytes.")
            : tooLarge(TypeOf(type), content[..Math.Min(content.Length, maxSize)]);
    }

    private static bool IsComplete(ReadOnlySpan<byte> line)
    {
        var start = line.IndexOfAnyExcept(" \t\r"u8);
        return JsonValueScanner.EndOf(line, start) >= 0;
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept(" \t\r"u8) < 0;

    private static WatchEventType TypeOf(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("ADDED"u8) ? WatchEventType.Added
        : type.SequenceEqual("MODIFIED"u8) ? WatchEventType.Modified
        : type.SequenceEqual("DELETED"u8) ? WatchEventType.Deleted
        : type.SequenceEqual("BOOKMARK"u8) ? WatchEventType.Bookmark
        : type.SequenceEqual("ERROR"u8) ? WatchEventType.Error
        : WatchEventType.Unknown;
}
