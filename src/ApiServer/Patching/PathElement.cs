using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>One step of the path of a field, as <c>managedFields</c> name them.</summary>
internal readonly struct PathElement : IComparable<PathElement>, IEquatable<PathElement>
{
    // The name of a field, or the digits of an index.
    private readonly string? _text;

    // Of a key: its fields, sorted by name. Of a value: one nameless field.
    private readonly (string Name, KeyScalar Value)[]? _keys;

    private PathElement(PathElementKind kind, string? text, (string Name, KeyScalar Value)[]? keys)
    {
        Kind = kind;
        _text = text;
        _keys = keys;
    }

    public PathElementKind Kind { get; }

    /// <summary>The name of a field.</summary>
    public string FieldName => _text!;

    public static PathElement Field(string name) => new(PathElementKind.Field, name, null);

    public static PathElement Key((string Name, KeyScalar Value)[] keys)
    {
        if (keys.Length > 1)
        {
            Array.Sort(keys, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        }

        return new PathElement(PathElementKind.Key, null, keys);
    }

    public static PathElement Value(KeyScalar value) => new(PathElementKind.Value, null, [("", value)]);

    public static PathElement Index(int index) => new(PathElementKind.Index, index.ToString(CultureInfo.InvariantCulture), null);

    /// <summary>Reads <c>f:name</c>, <c>k:{...}</c>, <c>v:...</c> or <c>i:n</c>.</summary>
    /// <returns><see langword="false"/> for a kind that is unknown: Kubernetes drops those.</returns>
    /// <exception cref="FormatException">The text is no path element, or the JSON in it is malformed.</exception>
    public static bool TryParse(string text, out PathElement element)
    {
        element = default;
        if (text.Length < 2 || text[1] != ':')
        {
            throw new FormatException($"'{text}' is no path element: it must start with f:, k:, v: or i:.");
        }

        var content = text[2..];
        switch (text[0])
        {
            case 'f':
                element = Field(content);
                return true;
            case 'k':
                if (ParseJson(content) is not JsonObject keys)
                {
                    throw new FormatException($"'{text}' is no path element: k: must be followed by an object.");
                }

                element = Key([.. keys.Select(static pair => (pair.Key, KeyScalar.From(pair.Value)))]);
                return true;
            case 'v':
                element = Value(KeyScalar.From(ParseJson(content)));
                return true;
            case 'i':
                if (!int.TryParse(content, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
                {
                    throw new FormatException($"'{text}' is no path element: i: must be followed by an integer.");
                }

                element = new PathElement(PathElementKind.Index, content, null);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The form of <c>fieldsV1</c>: <c>f:name</c>, <c>k:{...}</c>, <c>v:...</c>, <c>i:n</c>.</summary>
    public string ToFieldsV1() => Kind switch
    {
        PathElementKind.Field => "f:" + _text,
        PathElementKind.Key => $"k:{{{string.Join(',', _keys!.Select(static key => $"{KeyScalar.Quote(key.Name)}:{key.Value.ToJson()}"))}}}",
        PathElementKind.Value => "v:" + _keys![0].Value.ToJson(),
        _ => "i:" + _text,
    };

    /// <summary>The form of messages: <c>.name</c>, <c>[name="web"]</c>, <c>[="a"]</c>, <c>[0]</c>.</summary>
    public override string ToString() => Kind switch
    {
        PathElementKind.Field => "." + _text,
        PathElementKind.Key or PathElementKind.Value => $"[{string.Join(',', _keys!.Select(static key => $"{key.Name}={key.Value.ToJson()}"))}]",
        _ => $"[{_text}]",
    };

    public int CompareTo(PathElement other)
    {
        if (Kind != other.Kind)
        {
            return Kind.CompareTo(other.Kind);
        }

        switch (Kind)
        {
            case PathElementKind.Field:
                return string.CompareOrdinal(_text, other._text);
            case PathElementKind.Index:
                return int.Parse(_text!, CultureInfo.InvariantCulture).CompareTo(int.Parse(other._text!, CultureInfo.InvariantCulture));
            default:
                break;
        }

        var keys = _keys!;
        var others = other._keys!;
        for (var i = 0; i < keys.Length && i < others.Length; i++)
        {
            var order = string.CompareOrdinal(keys[i].Name, others[i].Name);
            if (order == 0)
            {
                order = keys[i].Value.CompareTo(others[i].Value);
            }

            if (order != 0)
            {
                return order;
            }
        }

        return keys.Length.CompareTo(others.Length);
    }

    public bool Equals(PathElement other) => CompareTo(other) == 0;

    public override bool Equals(object? obj) => obj is PathElement other && Equals(other);

    public override int GetHashCode()
    {
        if (_keys is null)
        {
            return HashCode.Combine(Kind, _text);
        }

        var hash = new HashCode();
        hash.Add(Kind);
        foreach (var (name, value) in _keys)
        {
            hash.Add(name);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    private static JsonNode? ParseJson(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"'{text}' is no path element: {exception.Message}", exception);
        }
    }
}
