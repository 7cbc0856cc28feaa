using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>Writes values as the messages of a Kubernetes API server show them.</summary>
internal static class GoText
{
    /// <summary>A string in double quotes, as <c>%q</c> prints it.</summary>
    public static string Quote(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => result.Append("\\\""),
                '\\' => result.Append(@"\\"),
                '\a' => result.Append("\\a"),
                '\b' => result.Append("\\b"),
                '\f' => result.Append("\\f"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                '\v' => result.Append("\\v"),
                < 0x20 or 0x7f => result.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                _ => IsPrintable(rune) ? result.Append(rune.ToString())
                    : rune.Value <= 0xffff ? result.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}")
                    : result.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }

        return result.Append('"').ToString();
    }

    /// <summary>A double as <c>%v</c> prints it: the shortest digits that read back, with an exponent below 1e-4 and from 1e21 on.</summary>
    public static string Float(double value)
    {
        if (value == 0)
        {
            return "0";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "+Inf" : "-Inf";
        }

        var scientific = value.ToString("E16", CultureInfo.InvariantCulture);
        var exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('E', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var (digits, point) = Digits(shortest);
        var sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 21)
        {
            var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            var power = point - 1;
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{mantissa}e{(power < 0 ? '-' : '+')}{Math.Abs(power):00}");
        }

        return sign + (point <= 0 ? "0." + new string('0', -point) + digits
            : point >= digits.Length ? digits + new string('0', point - digits.Length)
            : digits[..point] + "." + digits[point..]);
    }

    /// <summary>JSON without spaces, with sorted keys, as Go marshals a map.</summary>
    public static string Json(JsonNode? node)
    {
        var result = new StringBuilder();
        WriteJson(result, node);
        return result.ToString();
    }

    private static void WriteJson(StringBuilder result, JsonNode? node)
    {
        switch (node)
        {
            case null:
                result.Append("null");
                break;
            case JsonObject obj:
                result.Append('{');
                var first = true;
                foreach (var (key, value) in obj.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    result.Append(first ? "" : ",");
                    first = false;
                    WriteString(result, key);
                    result.Append(':');
                    WriteJson(result, value);
                }

                result.Append('}');
                break;
            case JsonArray array:
                result.Append('[');
                for (var i = 0; i < array.Count; i++)
                {
                    result.Append(i == 0 ? "" : ",");
                    WriteJson(result, array[i]);
                }

                result.Append(']');
                break;
            default:
                if (node.GetValueKind() == JsonValueKind.String)
                {
                    WriteString(result, node.GetValue<string>());
                }
                else if (JsonNumber.From(node) is { } number)
                {
                    result.Append(number.IsInteger ? number.Integer.ToString(CultureInfo.InvariantCulture) : JsonFloat(number.Float));
                }
                else
                {
                    result.Append(node.GetValueKind() == JsonValueKind.True ? "true" : "false");
                }

                break;
        }
    }

    private static void WriteString(StringBuilder result, string text)
    {
        result.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => result.Append("\\\""),
                '\\' => result.Append(@"\\"),
                '\b' => result.Append("\\b"),
                '\f' => result.Append("\\f"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => result.Append(c),
            };
        }

        result.Append('"');
    }

    // JSON has the exponent from 1e21 on and below 1e-6, and does not pad a negative one to two digits.
    private static string JsonFloat(double value)
    {
        var magnitude = Math.Abs(value);
        if (magnitude is 0 or (>= 1e-6 and < 1e-4))
        {
            return value.ToString("0.############################", CultureInfo.InvariantCulture);
        }

        return Float(value).Replace("e-0", "e-", StringComparison.Ordinal);
    }

    private static (string Digits, int Point) Digits(string shortest)
    {
        var text = shortest.TrimStart('-');
        var power = 0;
        var e = text.IndexOf('E', StringComparison.Ordinal);
        if (e >= 0)
        {
            power = int.Parse(text.AsSpan(e + 1), CultureInfo.InvariantCulture);
            text = text[..e];
        }

        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var point = (dot < 0 ? text.Length : dot) + power;
        var digits = text.Replace(".", "", StringComparison.Ordinal);
        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        return (digits.Length == 0 ? "0" : digits, point - leading);
    }

    public static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator) || rune.Value == ' ';
}
