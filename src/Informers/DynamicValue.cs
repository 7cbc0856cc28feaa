using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace CrMonitor.Informers;

/// <summary>A part of a <see cref="DynamicObject"/>: refers to the object's own bytes, copies and decodes nothing until it is asked.</summary>
public readonly ref struct DynamicValue
{
    internal DynamicValue(ReadOnlySpan<byte> utf8) => Utf8 = utf8;

    /// <summary>The value as JSON; empty if there is none.</summary>
    public ReadOnlySpan<byte> Utf8 { get; }

    /// <summary>What the value is; <see cref="JsonValueKind.Undefined"/> if there is none.</summary>
    public JsonValueKind Kind => Utf8 switch
    {
        [] => JsonValueKind.Undefined,
        [(byte)'{', ..] => JsonValueKind.Object,
        [(byte)'[', ..] => JsonValueKind.Array,
        [(byte)'"', ..] => JsonValueKind.String,
        [(byte)'t', ..] => JsonValueKind.True,
        [(byte)'f', ..] => JsonValueKind.False,
        [(byte)'n', ..] => JsonValueKind.Null,
        _ => JsonValueKind.Number,
    };

    /// <summary>Follows a path from here.</summary>
    /// <returns><see langword="false"/> if it leads nowhere. A null that it leads to is a value, of the kind
    /// <see cref="JsonValueKind.Null"/>.</returns>
    public bool TryGet(DynamicPath path, out DynamicValue value)
    {
        ArgumentNullException.ThrowIfNull(path);
        var found = path.TryFollow(Utf8, out var utf8);
        value = found ? new DynamicValue(utf8) : default;
        return found;
    }

    /// <summary>The value, if it is a string. Short strings that come again and again are not allocated again.</summary>
    public bool TryGetString([NotNullWhen(true)] out string? value)
    {
        value = JsonText.Read(Utf8, isPooled: true);
        return value is not null;
    }

    /// <summary>The value, if it is a whole number of 64 bits.</summary>
    public bool TryGetInt64(out long value) => Utf8Parser.TryParse(Utf8, out value, out var used) && used == Utf8.Length;

    /// <summary>The value, if it is a number.</summary>
    public bool TryGetDouble(out double value)
    {
        value = 0;
        return Kind == JsonValueKind.Number && Utf8Parser.TryParse(Utf8, out value, out var used) && used == Utf8.Length;
    }

    /// <summary>The value, if it is true or false.</summary>
    public bool TryGetBoolean(out bool value)
    {
        value = Kind == JsonValueKind.True;
        return value || Kind == JsonValueKind.False;
    }

    /// <summary>The value is this string. Allocates nothing.</summary>
    /// <param name="text">The string in UTF-8, such as <c>"True"u8</c>.</param>
    public bool Is(ReadOnlySpan<byte> text) => JsonText.Is(Utf8, text);

    /// <summary>The elements, if the value is an array; else none.</summary>
    public DynamicArray EnumerateArray() => new(Utf8);

    /// <summary>The value as JSON.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8);
}
