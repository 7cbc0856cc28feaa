namespace CrMonitor.Informers;

/// <summary>Walks the properties of one JSON object without decoding their values.</summary>
/// <remarks>Stops, as at an end, at the first byte that is not JSON: the decoder will say what is wrong with it. Names with escapes are given as written.</remarks>
internal ref struct JsonProperties
{
    private readonly ReadOnlySpan<byte> _json;
    private int _position;

    /// <param name="json">The bytes of the object, from its brace (or whitespace before it).</param>
    public JsonProperties(ReadOnlySpan<byte> json)
    {
        _json = json;
        SkipSpace();
        if (_position < json.Length && json[_position] == (byte)'{')
        {
            _position++;
        }
        else
        {
            _position = json.Length;
        }
    }

    /// <summary>Where the current property starts: at the quote of its name.</summary>
    public int Start { get; private set; }

    /// <summary>The current property's name, without quotes.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Where the current value starts.</summary>
    public int ValueStart { get; private set; }

    /// <summary>Where the current value ends.</summary>
    public int ValueEnd { get; private set; }

    /// <summary>The bytes of the current value.</summary>
    public readonly ReadOnlySpan<byte> Value => _json[ValueStart..ValueEnd];

    /// <summary>The bytes end before the current value does. Its name and start are known all the same.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The current value's text, if it is a string without escapes; else empty.</summary>
    public readonly ReadOnlySpan<byte> TextValue =>
        Value is [(byte)'"', .. var text, (byte)'"'] && !text.Contains((byte)'\\') ? text : default;

    /// <summary>The current property has this name, however it is written.</summary>
    public readonly bool NameIs(ReadOnlySpan<byte> name) =>
        Name.SequenceEqual(name) || (Name.Contains((byte)'\\') && JsonText.Is(_json.Slice(Start, Name.Length + 2), name));

    public bool MoveNext()
    {
        SkipSpace();
        if (_position < _json.Length && _json[_position] == (byte)',')
        {
            _position++;
            SkipSpace();
        }

        if (_position >= _json.Length || _json[_position] != (byte)'"')
        {
            return false;
        }

        Start = _position;
        var nameEnd = JsonValueScanner.EndOf(_json, _position);
        if (nameEnd < 0)
        {
            return false;
        }

        Name = _json[(Start + 1)..(nameEnd - 1)];
        _position = nameEnd;
        SkipSpace();
        if (_position >= _json.Length || _json[_position] != (byte)':')
        {
            return false;
        }

        _position++;
        SkipSpace();
        if (_position >= _json.Length)
        {
            return false;
        }

        ValueStart = _position;
        ValueEnd = JsonValueScanner.EndOf(_json, _position);
        _position = ValueEnd;
        IsCut = ValueEnd < 0;
        return ValueEnd > ValueStart;
    }

    private void SkipSpace()
    {
        while (_position < _json.Length && _json[_position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _position++;
        }
    }
}
