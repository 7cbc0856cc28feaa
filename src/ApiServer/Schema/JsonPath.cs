using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>
/// A path into an object in the dialect of Kubernetes, as printer columns have it: <c>.a.b</c>, <c>['a']</c>, <c>[0]</c>, <c>[1:3]</c>,
/// <c>[*]</c>, <c>..a</c> and <c>[?(@.type=="Ready")]</c>. Immutable.
/// </summary>
internal sealed class JsonPath
{
    private readonly List<Func<JsonNode, IEnumerable<JsonNode?>>> _steps = [];
    private readonly string _text;
    private int _position;

    private JsonPath(string text) => _text = text;

    /// <exception cref="FormatException">The text is no path; the message says where.</exception>
    public static JsonPath Parse(string text)
    {
        var path = new JsonPath(text);
        path.ReadSteps(isFilter: false);
        return path;
    }

    /// <summary>All values at the path; what is missing is skipped.</summary>
    public IEnumerable<JsonNode?> Find(JsonNode root)
    {
        IEnumerable<JsonNode?> nodes = [root];
        foreach (var step in _steps)
        {
            nodes = nodes.Where(n => n is not null).SelectMany(n => step(n!));
        }

        return nodes;
    }

    private void ReadSteps(bool isFilter)
    {
        while (_position < _text.Length)
        {
            switch (_text[_position])
            {
                case '.' when Peek(1) == '.':
                    _position += 2;
                    var descendant = ReadName();
                    _steps.Add(n => Descendants(n).SelectMany(d => Field(d, descendant)));
                    break;
                case '.':
                    _position++;
                    if (_position < _text.Length && _text[_position] is not '[')
                    {
                        AddName(ReadName());
                    }

                    break;
                case '[':
                    ReadBracket();
                    break;
                case var c when isFilter && (c is '=' or '!' or '<' or '>' or ')' || char.IsWhiteSpace(c)):
                    return;
                default:
                    if (_position > 0)
                    {
                        throw Error("expected '.' or '['");
                    }

                    AddName(ReadName());
                    break;
            }
        }
    }

    private void AddName(string name)
    {
        if (name == "*")
        {
            _steps.Add(Children);
        }
        else
        {
            _steps.Add(n => Field(n, name));
        }
    }

    private string ReadName()
    {
        var name = new StringBuilder();
        for (; _position < _text.Length; _position++)
        {
            var c = _text[_position];
            if (c == '\\' && _position + 1 < _text.Length)
            {
                name.Append(_text[++_position]);
            }
            else if (c is '.' or '[' or ']' or '=' or '!' or '<' or '>' or '(' or ')' || char.IsWhiteSpace(c))
            {
                break;
            }
            else
            {
                name.Append(c);
            }
        }

        return name.Length > 0 ? name.ToString() : throw Error("a name is missing");
    }

    private void ReadBracket()
    {
        _position++;
        if (Peek(0) == '?')
        {
            ReadFilter();
            return;
        }

        if (Peek(0) is '\'' or '"')
        {
            var name = ReadQuoted();
            Expect(']');
            _steps.Add(n => Field(n, name));
            return;
        }

        var end = _text.IndexOf(']', _position);
        if (end < 0)
        {
            throw Error("']' is missing");
        }

        var content = _text[_position..end];
        _position = end + 1;
        if (content == "*")
        {
            _steps.Add(Children);
            return;
        }

        var bounds = content.Split(':');
        var numbers = bounds.Select(b => b.Length == 0 ? (int?)null
            : int.TryParse(b, CultureInfo.InvariantCulture, out var number) ? number : throw Error($"'{content}' is no index")).ToArray();
        if (numbers.Length == 1)
        {
            var index = numbers[0] ?? throw Error("an index is missing");
            _steps.Add(n => Element(n, index));
        }
        else
        {
            _steps.Add(n => Slice(n, numbers[0], numbers[1], numbers.Length > 2 ? numbers[2] ?? 1 : 1));
        }
    }

    private void ReadFilter()
    {
        _position++;
        Expect('(');
        var left = ReadOperand();
        SkipSpace();
        var comparison = new StringBuilder();
        while (Peek(0) is '=' or '!' or '<' or '>')
        {
            comparison.Append(_text[_position++]);
        }

        if (comparison.Length == 0)
        {
            Expect(')');
            Expect(']');
            _steps.Add(n => Items(n).Where(item => item is not null && left(item).Any()));
            return;
        }

        SkipSpace();
        var right = ReadOperand();
        SkipSpace();
        Expect(')');
        Expect(']');
        var op = comparison.ToString() is "==" or "!=" or "<" or "<=" or ">" or ">="
            ? comparison.ToString()
            : throw Error($"'{comparison}' is no comparison");
        _steps.Add(n => Items(n).Where(item => item is not null && Compare(left(item).FirstOrDefault(), op, right(item).FirstOrDefault())));
    }

    private Func<JsonNode, IEnumerable<JsonNode?>> ReadOperand()
    {
        SkipSpace();
        if (Peek(0) == '@')
        {
            _position++;
            var nested = new JsonPath(_text) { _position = _position };
            nested.ReadSteps(isFilter: true);
            _position = nested._position;
            return nested.Find;
        }

        if (Peek(0) is '\'' or '"')
        {
            JsonNode text = ReadQuoted();
            return _ => [text];
        }

        var start = _position;
        while (Peek(0) is not (')' or '=' or '!' or '<' or '>' or '\0') && !char.IsWhiteSpace(Peek(0)))
        {
            _position++;
        }

        var literal = _text[start.._position];
        JsonNode value = literal switch
        {
            "true" => true,
            "false" => false,
            _ when double.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => throw Error($"'{literal}' is no value"),
        };
        return _ => [value];
    }

    private string ReadQuoted()
    {
        var quote = _text[_position++];
        var result = new StringBuilder();
        for (; Peek(0) != quote; _position++)
        {
            if (_position >= _text.Length)
            {
                throw Error("a quotation mark is missing");
            }

            if (_text[_position] == '\\' && _position + 1 < _text.Length)
            {
                _position++;
            }

            result.Append(_text[_position]);
        }

        _position++;
        return result.ToString();
    }

    private void SkipSpace()
    {
        while (char.IsWhiteSpace(Peek(0)))
        {
            _position++;
        }
    }

    private void Expect(char c)
    {
        SkipSpace();
        if (Peek(0) != c)
        {
            throw Error($"'{c}' is missing");
        }

        _position++;
    }

    private char Peek(int offset) => _position + offset < _text.Length ? _text[_position + offset] : '\0';

    private FormatException Error(string what) =>
        new(FormattableString.Invariant($"The path '{_text}' cannot be read at position {_position}: {what}."));

    private static IEnumerable<JsonNode?> Field(JsonNode? node, string name) =>
        node is JsonObject obj && obj.TryGetPropertyValue(name, out var value) ? [value] : [];

    private static IEnumerable<JsonNode?> Element(JsonNode node, int index)
    {
        if (node is not JsonArray array)
        {
            return [];
        }

        var at = index < 0 ? array.Count + index : index;
        return at >= 0 && at < array.Count ? [array[at]] : [];
    }

    private static IEnumerable<JsonNode?> Slice(JsonNode node, int? from, int? to, int step)
    {
        if (node is not JsonArray array || step <= 0)
        {
            yield break;
        }

        var start = Clamp(from ?? 0);
        var end = Clamp(to ?? array.Count);
        for (var i = start; i < end; i += step)
        {
            yield return array[i];
        }

        int Clamp(int bound) => Math.Clamp(bound < 0 ? array.Count + bound : bound, 0, array.Count);
    }

    private static JsonArray Items(JsonNode node) => node as JsonArray ?? [];

    private static IEnumerable<JsonNode?> Children(JsonNode node) => node switch
    {
        JsonArray array => array,
        JsonObject obj => obj.Select(p => p.Value),
        _ => [],
    };

    private static IEnumerable<JsonNode?> Descendants(JsonNode node) =>
        Children(node).Where(c => c is not null).SelectMany(c => Descendants(c!)).Prepend(node);

    private static bool Compare(JsonNode? left, string op, JsonNode? right)
    {
        if (left is null || right is null)
        {
            return false;
        }

        int order;
        if (JsonNumber.From(left) is { } l && JsonNumber.From(right) is { } r)
        {
            order = l.AsDouble.CompareTo(r.AsDouble);
        }
        else if (left.GetValueKind() == JsonValueKind.String && right.GetValueKind() == JsonValueKind.String)
        {
            order = string.CompareOrdinal(left.GetValue<string>(), right.GetValue<string>());
        }
        else
        {
            var areEqual = JsonNode.DeepEquals(left, right);
            return op switch { "==" => areEqual, "!=" => !areEqual, _ => false };
        }

        return op switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }
}
