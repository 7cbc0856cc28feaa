using System.Globalization;
using System.Text;

namespace CrMonitor.Informers;

/// <summary>A way into an object, such as <c>status.conditions[type=Ready].status</c>. Parsed once, followed as often as needed without allocating.</summary>
/// <remarks>
/// Names are separated by dots; in brackets stand an index (<c>[0]</c>), a name with dots or brackets (<c>metadata.labels['app.kubernetes.io/name']</c>), or what a
/// member of an array's element must be (<c>[type=Ready]</c>, <c>[port=80]</c>; quotes around the value allow everything in it): the first such element is taken.
/// Immutable; may be shared between threads.
/// </remarks>
public sealed class DynamicPath
{
    private readonly Step[] _steps;
    private readonly string _text;

    private DynamicPath(string text, Step[] steps)
    {
        _text = text;
        _steps = steps;
    }

    /// <summary>Reads a path.</summary>
    /// <exception cref="FormatException">The text is not a path; the message says where and why.</exception>
    public static DynamicPath Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        List<Step> steps = [];
        var position = 0;
        while (position < text.Length)
        {
            if (text[position] == '[')
            {
                steps.Add(Bracket(text, ref position));
                continue;
            }

            if (steps.Count > 0)
            {
                position += text[position] == '.' ? 1 : throw Malformed(text, position, "a dot or a bracket is expected");
            }

            var length = text.AsSpan(position).IndexOfAny('.', '[');
            var name = length < 0 ? text[position..] : text.Substring(position, length);
            if (name.Length == 0)
            {
                throw Malformed(text, position, "a name is expected");
            }

            steps.Add(new Step(Encoding.UTF8.GetBytes(name), -1, null));
            position += name.Length;
        }

        return new DynamicPath(text, [.. steps]);
    }

    /// <summary>The text that it was read from.</summary>
    public override string ToString() => _text;

    internal bool TryFollow(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> value)
    {
        value = json;
        foreach (var step in _steps)
        {
            if (!step.TryFollow(value, out value))
            {
                return false;
            }
        }

        return true;
    }

    private static Step Bracket(string text, ref int position)
    {
        position++;
        var start = position;
        if (Quoted(text, ref position) is { } name)
        {
            Close(text, ref position);
            return new Step(Encoding.UTF8.GetBytes(name), -1, null);
        }

        var length = text.AsSpan(position).IndexOfAny('=', ']');
        if (length <= 0)
        {
            throw Malformed(text, start, "an index, a name in quotes, or name=value and a closing bracket are expected");
        }

        var content = text.Substring(position, length);
        position += length;
        if (text[position] == ']')
        {
            position++;
            return int.TryParse(content, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? new Step(null, index, null)
                : throw Malformed(text, start, $"'{content}' is not an index; names with dots stand in quotes");
        }

        position++;
        if (Quoted(text, ref position) is not { } wanted)
        {
            var end = text.IndexOf(']', position);
            wanted = end < 0 ? throw Malformed(text, position, "a closing bracket is missing") : text[position..end];
            position = end;
        }

        Close(text, ref position);
        return new Step(Encoding.UTF8.GetBytes(content), -1, Encoding.UTF8.GetBytes(wanted));
    }

    private static string? Quoted(string text, ref int position)
    {
        if (position >= text.Length || text[position] != '\'')
        {
            return null;
        }

        var end = text.IndexOf('\'', position + 1);
        if (end < 0)
        {
            throw Malformed(text, position, "a closing quote is missing");
        }

        var quoted = text[(position + 1)..end];
        position = end + 1;
        return quoted;
    }

    private static void Close(string text, ref int position) =>
        position += position < text.Length && text[position] == ']' ? 1 : throw Malformed(text, position, "a closing bracket is expected");

    private static FormatException Malformed(string text, int position, string expected) => new(string.Create(
        CultureInfo.InvariantCulture, $"'{text}' is not a path: {expected} at character {position}. A path is written like status.conditions[type=Ready].status."));

    // A member of an object; an element of an array by its place; or the first element that has a member (Name) of this value (Wanted).
    private sealed record Step(byte[]? Name, int Index, byte[]? Wanted)
    {
        public bool TryFollow(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> value)
        {
            if (Wanted is null && Name is not null)
            {
                return TryMember(json, Name, out value);
            }

            var items = new JsonItems(json);
            for (var i = 0; items.MoveNext(); i++)
            {
                value = items.Value;
                if (Wanted is null ? i == Index : TryMember(value, Name, out var member) && (JsonText.Is(member, Wanted) || member.SequenceEqual(Wanted)))
                {
                    return true;
                }
            }

            value = default;
            return false;
        }

        private static bool TryMember(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
        {
            var properties = new JsonProperties(json);
            while (properties.MoveNext())
            {
                if (properties.NameIs(name))
                {
                    value = properties.Value;
                    return true;
                }
            }

            value = default;
            return false;
        }
    }
}
