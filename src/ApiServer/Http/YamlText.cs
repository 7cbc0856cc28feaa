using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CrMonitor.ApiServer.Http;

/// <summary>Reads YAML bodies as the JSON that they stand for: YAML 1.1, as Kubernetes reads it (<c>yes</c> is true, <c>010</c> is eight).</summary>
internal static partial class YamlText
{
    // A few aliases of aliases can stand for more than fits into memory.
    private const int MaximumExpansion = 16 * 1024 * 1024;

    /// <param name="yaml">The text.</param>
    /// <param name="repeatedKeys">
    /// Which keys a map has twice, as in <c>line 9: key "image" already set in map</c>. Both stand in the JSON, the later one last.
    /// </param>
    /// <exception cref="FormatException">The text is not YAML, or says what JSON cannot.</exception>
    public static byte[] ToJson(ReadOnlyMemory<byte> yaml, out IReadOnlyList<string> repeatedKeys)
    {
        var repeated = new List<string>();
        repeatedKeys = repeated;
        try
        {
            var parser = new Parser(new StringReader(Encoding.UTF8.GetString(yaml.Span)));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return [];
            }

            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = Storage.JsonText.MaximumDepth }))
            {
                Copy(parser, writer, [], repeated);
            }

            return buffer.ToArray();
        }
        catch (YamlException e)
        {
            throw new FormatException($"yaml: line {e.Start.Line}: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // The writer of JSON refuses to go deeper.
            throw new FormatException($"yaml: exceeded max depth of {Storage.JsonText.MaximumDepth}", e);
        }
    }

    /// <summary>Whether a text, written without quotes, would be read as a text.</summary>
    public static bool IsPlainText(string text) =>
        !BaseSixty().IsMatch(text) && !Timestamp().IsMatch(text)
        && ValueOf(new Scalar(AnchorName.Empty, TagName.Empty, text, ScalarStyle.Plain, true, false)) is string;

    private static void Copy(Parser parser, Utf8JsonWriter writer, Dictionary<string, JsonNode?> anchors, List<string> repeated)
    {
        switch (parser.Current)
        {
            case NodeEvent { Anchor.IsEmpty: false } anchored:
                var name = anchored.Anchor.Value;
                using (var copy = new MemoryStream())
                {
                    using (var nested = new Utf8JsonWriter(copy))
                    {
                        CopyNode(parser, nested, anchors, repeated);
                    }

                    anchors[name] = Storage.JsonText.Parse(copy.ToArray(), out _);
                }

                Write(writer, anchors[name]);
                break;

            case AnchorAlias alias:
                parser.MoveNext();
                Write(writer, anchors.TryGetValue(alias.Value.Value, out var node) ? node : throw new FormatException(
                    $"yaml: unknown anchor '{alias.Value.Value}' referenced"));
                if (writer.BytesCommitted + writer.BytesPending > MaximumExpansion)
                {
                    throw new FormatException("yaml: document contains excessive aliasing");
                }

                break;

            default:
                CopyNode(parser, writer, anchors, repeated);
                break;
        }
    }

    private static void CopyNode(Parser parser, Utf8JsonWriter writer, Dictionary<string, JsonNode?> anchors, List<string> repeated)
    {
        if (parser.TryConsume<MappingStart>(out _))
        {
            var keys = new HashSet<string>(StringComparer.Ordinal);
            writer.WriteStartObject();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.TryConsume<Scalar>(out var scalar)
                    ? scalar
                    : throw new FormatException("yaml: a key is not a scalar, which JSON cannot say");
                var name = KeyOf(key);
                if (!keys.Add(name))
                {
                    repeated.Add($"line {key.Start.Line}: key \"{name}\" already set in map");
                }

                writer.WritePropertyName(name);
                Copy(parser, writer, anchors, repeated);
            }

            writer.WriteEndObject();
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            writer.WriteStartArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                Copy(parser, writer, anchors, repeated);
            }

            writer.WriteEndArray();
        }
        else
        {
            WriteScalar(writer, parser.Consume<Scalar>());
        }
    }

    private static void WriteScalar(Utf8JsonWriter writer, Scalar scalar)
    {
        switch (ValueOf(scalar))
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool value:
                writer.WriteBooleanValue(value);
                break;
            case long integer:
                writer.WriteNumberValue(integer);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case var text:
                writer.WriteStringValue((string)text);
                break;
        }
    }

    /// <summary>JSON has texts alone for keys: <c>yes</c> becomes <c>true</c>, <c>0x10</c> becomes <c>16</c>.</summary>
    private static string KeyOf(Scalar scalar) => ValueOf(scalar) switch
    {
        bool value => value ? "true" : "false",
        long integer => integer.ToString(CultureInfo.InvariantCulture),
        _ => scalar.Value,
    };

    /// <returns>A text, a boolean, a 64-bit integer, a floating-point number, or null.</returns>
    private static object? ValueOf(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain)
        {
            return text;
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "y" or "Y" or "on" or "On" or "ON":
                return true;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "n" or "N" or "off" or "Off" or "OFF":
                return false;
        }

        if (TryReadInteger(text.Replace("_", "", StringComparison.Ordinal), out var integer))
        {
            return integer;
        }

        return Number().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? number
            : text;
    }

    private static bool TryReadInteger(string text, out long integer)
    {
        var isNegative = text is ['-', ..];
        var digits = text is ['-' or '+', ..] ? text[1..] : text;
        var isRead = digits switch
        {
            ['0', 'x' or 'X', ..] => long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out integer),
            ['0', 'b' or 'B', ..] => long.TryParse(digits.AsSpan(2), NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out integer),
            ['0', 'o' or 'O', ..] => TryReadOctal(digits.AsSpan(2), out integer),
            ['0', _, ..] => TryReadOctal(digits.AsSpan(1), out integer),
            _ => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out integer),
        };
        integer = isNegative ? -integer : integer;
        return isRead;
    }

    private static bool TryReadOctal(ReadOnlySpan<char> digits, out long integer)
    {
        integer = 0;
        if (digits.Length is 0 or > 20 || digits.IndexOfAnyExceptInRange('0', '7') >= 0)
        {
            return false;
        }

        foreach (var digit in digits)
        {
            integer = (integer * 8) + (digit - '0');
        }

        return true;
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? node)
    {
        if (node is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            node.WriteTo(writer);
        }
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Number();

    // What readers of YAML 1.1 take for numbers and times.
    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\z|^[-+]?\.(inf|Inf|INF)\z|^\.(nan|NaN|NAN)\z")]
    private static partial Regex BaseSixty();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")]
    private static partial Regex Timestamp();
}
