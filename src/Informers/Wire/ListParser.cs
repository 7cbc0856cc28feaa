using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CrMonitor.Informers;

/// <summary>Reads the body of a LIST: hands over each item as soon as its bytes are complete, and keeps the list's own metadata.</summary>
/// <param name="item">Takes each item.</param>
/// <param name="tooLarge">Takes the beginning of each item that is larger than allowed, instead of <paramref name="item"/>.</param>
/// <param name="maxSize">The most bytes that an item (and each of the list's own fields) may have.</param>
internal sealed class ListParser(JsonHandler item, JsonHandler? tooLarge = null, int maxSize = ListParser.DefaultMaxSize) : IBodyParser
{
    private const int DefaultMaxSize = 64 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _partial = new();   // the beginning of a value that the last piece cut
    private JsonValueScanner _scanner;
    private State _state = State.Start;
    private string _property = "";
    private long _bytes;
    private bool _isTooLarge;   // what _partial holds is only the beginning of what came
    private bool _hasItems;

    private enum State
    {
        Start,
        Property,
        Name,
        Colon,
        ValueStart,
        Value,
        AfterValue,
        ItemStart,
        Item,
        AfterItem,
        End,
    }

    /// <summary>The list's <c>kind</c>.</summary>
    public string Kind { get; private set; } = "";

    /// <summary>The version of the server's state that the list shows.</summary>
    public string ResourceVersion { get; private set; } = "";

    /// <summary>Where the next page starts; empty on the last one.</summary>
    public string Continue { get; private set; } = "";

    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        while (position < bytes.Length)
        {
            if (_state is State.Name or State.Value or State.Item)
            {
                var ended = _scanner.Scan(bytes[position..], out var consumed);
                var piece = bytes.Slice(position, consumed);
                position += consumed;
                if (!ended)
                {
                    Keep(piece);
                    break;
                }

                if (_partial.WrittenCount == 0 && piece.Length <= maxSize)
                {
                    Take(piece);
                }
                else
                {
                    Keep(piece);
                    Take(_partial.WrittenSpan);
                    _partial.ResetWrittenCount();
                    _isTooLarge = false;
                }

                continue;
            }

            var current = bytes[position];
            if (current is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                position++;
                continue;
            }

            position += Structure(current, _bytes + position) ? 1 : 0;
        }

        _bytes += bytes.Length;
        return true;
    }

    public void Complete()
    {
        if (_state != State.End)
        {
            throw new EndOfStreamException(string.Create(CultureInfo.InvariantCulture, $"The list broke off after {_bytes} bytes."));
        }

        if (Kind == "Table")
        {
            throw new InvalidDataException("The server answered a Table, not a list of objects.");
        }

        if (!_hasItems)
        {
            throw new InvalidDataException($"The answer is not a list: it has no items (kind '{Kind}').");
        }
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        var room = maxSize - _partial.WrittenCount;
        if (piece.Length > room)
        {
            _isTooLarge = true;
            piece = piece[..room];
        }

        _partial.Write(piece);
    }

    // True: the byte is used up. False: it is the first one of a value.
    private bool Structure(byte current, long offset)
    {
        var used = true;
        (_state, used) = (_state, (char)current) switch
        {
            (State.Start, '{') => (State.Property, true),
            (State.Property, '"') => (State.Name, false),
            (State.Property, '}') => (State.End, true),
            (State.Colon, ':') => (State.ValueStart, true),
            (State.ValueStart, '[') when _property == "items" => (State.ItemStart, true),
            (State.ValueStart, not (',' or '}' or ']' or ':')) => (State.Value, false),
            (State.AfterValue, ',') => (State.Property, true),
            (State.AfterValue, '}') => (State.End, true),
            (State.ItemStart, ']') => (State.AfterValue, true),
            (State.ItemStart, not (',' or '}' or ':')) => (State.Item, false),
            (State.AfterItem, ',') => (State.ItemStart, true),
            (State.AfterItem, ']') => (State.AfterValue, true),
            _ => throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"The answer is not a list in JSON: '{(char)current}' at byte {offset} is not expected there.")),
        };
        _hasItems |= _state == State.ItemStart;
        return used;
    }

    private void Take(ReadOnlySpan<byte> value)
    {
        if (_isTooLarge && (_state != State.Item || tooLarge is null))
        {
            throw new InvalidDataException($"The list has {(_state == State.Item ? "an item" : "a field")} of more than {maxSize} bytes.");
        }

        switch (_state)
        {
            case State.Name:
                _property = Encoding.UTF8.GetString(value[1..^1]);
                _state = State.Colon;
                break;
            case State.Item:
                (_isTooLarge ? tooLarge! : item)(value);
                _state = State.AfterItem;
                break;
            default:
                Envelope(value);
                _state = State.AfterValue;
                break;
        }
    }

    private void Envelope(ReadOnlySpan<byte> value)
    {
        switch (_property)
        {
            case "kind":
                Kind = Text(value);
                break;
            case "items":
                // `null`, as Go writes a list without items.
                _hasItems = value.SequenceEqual("null"u8);
                break;
            case "metadata":
                var properties = new JsonProperties(value);
                while (properties.MoveNext())
                {
                    if (properties.Name.SequenceEqual("resourceVersion"u8))
                    {
                        ResourceVersion = Text(properties.Value);
                    }
                    else if (properties.Name.SequenceEqual("continue"u8))
                    {
                        Continue = Text(properties.Value);
                    }
                }

                break;
        }
    }

    private static string Text(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value);
            return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: the text is no UTF-8, or half of a surrogate pair.
            throw new InvalidDataException("The list's own fields are not valid JSON.", e);
        }
    }
}
