namespace CrMonitor.Informers;

/// <summary>Walks the elements of one JSON array without decoding them. What is not an array has none.</summary>
internal ref struct JsonItems
{
    private readonly ReadOnlySpan<byte> _json;
    private int _position;

    /// <param name="json">The bytes of the array, from its bracket.</param>
    public JsonItems(ReadOnlySpan<byte> json)
    {
        _json = json;
        _position = json is [(byte)'[', ..] ? 1 : json.Length;
    }

    /// <summary>The bytes of the current element.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        var rest = _json[_position..];
        var skipped = rest.IndexOfAnyExcept(", \t\r\n"u8);
        if (skipped < 0 || rest[skipped] == (byte)']')
        {
            return false;
        }

        var end = JsonValueScanner.EndOf(rest, skipped);
        if (end < 0)
        {
            return false;
        }

        Value = rest[skipped..end];
        _position += end;
        return true;
    }
}
