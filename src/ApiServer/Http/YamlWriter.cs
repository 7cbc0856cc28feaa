using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Http;

/// <summary>
/// Writes JSON as YAML, in the manner of Kubernetes: fields by name, lists no deeper than their field, texts of many lines as blocks.
/// </summary>
internal static class YamlWriter
{
    private const int Indentation = 2;

    public static string Write(JsonObject body)
    {
        var output = new StringBuilder();
        WriteMembers(output, body, 0, isFirstInline: false);
        return output.ToString();
    }

    private static void WriteMembers(StringBuilder output, JsonObject obj, int indent, bool isFirstInline)
    {
        foreach (var (name, value) in obj.OrderBy(static m => m.Key, StringComparer.Ordinal))
        {
            output.Append(' ', isFirstInline ? 0 : indent).Append(name.Contains('\n', StringComparison.Ordinal) ? Quote(name) : Scalar(name, indent)).Append(':');
            isFirstInline = false;
            switch (value)
            {
                case JsonObject { Count: > 0 } members:
                    output.Append('\n');
                    WriteMembers(output, members, indent + Indentation, isFirstInline: false);
                    break;
                case JsonArray { Count: > 0 } items:
                    output.Append('\n');
                    WriteItems(output, items, indent, isFirstInline: false);
                    break;
                default:
                    output.Append(' ').Append(Leaf(value, indent + Indentation)).Append('\n');
                    break;
            }
        }
    }

    private static void WriteItems(StringBuilder output, JsonArray items, int indent, bool isFirstInline)
    {
        foreach (var item in items)
        {
            output.Append(' ', isFirstInline ? 0 : indent).Append("- ");
            isFirstInline = false;
            switch (item)
            {
                case JsonObject { Count: > 0 } members:
                    WriteMembers(output, members, indent + Indentation, isFirstInline: true);
                    break;
                case JsonArray { Count: > 0 } nested:
                    WriteItems(output, nested, indent + Indentation, isFirstInline: true);
                    break;
                default:
                    output.Append(Leaf(item, indent + Indentation)).Append('\n');
                    break;
            }
        }
    }

    private static string Leaf(JsonNode? value, int indent) => value switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        _ when value.GetValueKind() == JsonValueKind.String => Scalar(value.GetValue<string>(), indent),
        _ => value.ToJsonString(),
    };

    private static string Scalar(string text, int indent)
    {
        if (text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !IsBlock(text))
        {
            return text.Any(IsEscaped) ? Quote(text) : Line(text);
        }

        return text.Contains('\n', StringComparison.Ordinal) ? Block(text, indent) : Line(text);
    }

    // A text that is something else to YAML is quoted twice, as Kubernetes does; one that YAML could not read, once.
    private static string Line(string text) =>
        YamlText.IsPlainText(text) ? IsPlain(text) ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'" : Quote(text);

    private static bool IsPlain(string text) =>
        !char.IsWhiteSpace(text[0]) && !char.IsWhiteSpace(text[^1])
        && "-?:,[]{}#&*!|>'\"%@`=".IndexOf(text[0], StringComparison.Ordinal) is var at
        && (at < 0 || (at < 3 && text.Length > 1 && text[1] > ' ' && text is not ("---" or "...") && !text.StartsWith(
            "--- ", StringComparison.Ordinal)))
        && text is not "..." && text is not "<<"
        && !text.Contains(": ", StringComparison.Ordinal) && !text.Contains(" #", StringComparison.Ordinal) && text[^1] != ':';

    private static bool IsEscaped(char c) => char.GetUnicodeCategory(c)
        is UnicodeCategory.Control
        or UnicodeCategory.Surrogate
        or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;

    // As a block, a text stands as it is; lines that begin or end with spaces would not survive it everywhere.
    private static bool IsBlock(string text) =>
        text.Contains('\n', StringComparison.Ordinal)
        && text[0] is not (' ' or '\n' or '\t')
        && !text.Contains(" \n", StringComparison.Ordinal)
        && text[^1] != ' '
        && text.All(static c => c == '\n' || (!char.IsControl(c) && !char.IsSurrogate(c) && c is not ('\u0085' or '\u2028' or '\u2029' or '\ufeff')));

    private static string Block(string text, int indent)
    {
        var chomping = !text.EndsWith('\n') ? "-" : text.EndsWith("\n\n", StringComparison.Ordinal) ? "+" : "";
        var body = text.EndsWith('\n') ? text[..^1] : text;
        var margin = new string(' ', indent);
        return $"|{chomping}\n" + string.Join('\n', body.Split('\n').Select(line => line.Length == 0 ? "" : margin + line));
    }

    // JSON is YAML.
    private static string Quote(string text) => JsonValue.Create(text).ToJsonString();
}
