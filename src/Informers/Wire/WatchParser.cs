using System.Buffers;

namespace CrMonitor.Informers;

/// <summary>Cuts the body of a WATCH into events, one a line, and hands over each as soon as its line is complete.</summary>
/// <param name="handle">Takes each event; <see langword="false"/> ends the reading.</param>
internal sealed class WatchParser(WatchEventHandler handle) : IBodyParser
{
    // Far above what a server stores (1.5 MiB by default), and a bound for a peer that never ends its line.
    private const int MaxLineLength = 64 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _partial = new();

    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                if (_partial.WrittenCount + bytes.Length > MaxLineLength)
                {
                    throw new InvalidDataException($"A line of the stream is longer than {MaxLineLength} bytes.");
                }

                _partial.Write(bytes);
                return true;
            }

            bool goOn;
            if (_partial.WrittenCount == 0)
            {
                goOn = Line(bytes[..end]);
            }
            else
            {
                _partial.Write(bytes[..end]);
                goOn = Line(_partial.WrittenSpan);
                _partial.ResetWrittenCount();
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
        if (!IsBlank(_partial.WrittenSpan) && !IsComplete(_partial.WrittenSpan))
        {
            throw new EndOfStreamException("The stream broke off in the middle of an event.");
        }

        if (!IsBlank(_partial.WrittenSpan))
        {
            // The last line needs no newline.
            Line(_partial.WrittenSpan);
        }
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

        return type.IsEmpty || content.IsEmpty
            ? throw new InvalidDataException("A line of the stream is not a watch event (an object with type and object).")
            : handle(TypeOf(type), content);
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
