using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CrMonitor.ApiServer.Schema;

/// <summary>
/// A regular expression of a schema, with the meaning it has for a Kubernetes API server (RE2: linear time, ASCII classes, <c>$</c> is the
/// end of the text).
/// </summary>
internal sealed partial class GoPattern
{
    // RE2's classes are those of ASCII, .NET's those of Unicode. The right column stands inside brackets.
    private static readonly Dictionary<char, (string Alone, string InClass)> Classes = new()
    {
        ['d'] = ("[0-9]", "0-9"),
        ['D'] = ("[^0-9]", @"\x00-/:-\uffff"),
        ['w'] = ("[0-9A-Za-z_]", "0-9A-Za-z_"),
        ['W'] = ("[^0-9A-Za-z_]", @"\x00-/:-@\[-\^`{-\uffff"),
        ['s'] = (@"[\t\n\f\r ]", @"\t\n\f\r "),
        ['S'] = (@"[^\t\n\f\r ]", @"\x00-\x08\x0b\x0e-\x1f!-\uffff"),
    };

    private static readonly Dictionary<string, string> PosixClasses = new()
    {
        ["alnum"] = "0-9A-Za-z",
        ["alpha"] = "A-Za-z",
        ["ascii"] = @"\x00-\x7f",
        ["blank"] = @"\t ",
        ["cntrl"] = @"\x00-\x1f\x7f",
        ["digit"] = "0-9",
        ["graph"] = "!-~",
        ["lower"] = "a-z",
        ["print"] = " -~",
        ["punct"] = @"!-/:-@\[-`{-~",
        ["space"] = @"\t\n\v\f\r ",
        ["upper"] = "A-Z",
        ["word"] = "0-9A-Za-z_",
        ["xdigit"] = "0-9A-Fa-f",
    };

    private readonly Regex _regex;

    /// <exception cref="ArgumentException">The text is no regular expression of RE2.</exception>
    public GoPattern(string text)
    {
        Text = text;
        try
        {
            _regex = new Regex(Translate(text), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (RegexParseException e)
        {
            throw new ArgumentException(Explain(e, text), e);
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException(e.Message, e);
        }
    }

    /// <summary>The expression as the schema has it.</summary>
    public string Text { get; }

    public bool IsMatch(string value) => _regex.IsMatch(value);

    private static string Explain(RegexParseException error, string text) => error.Error switch
    {
        RegexParseError.InsufficientClosingParentheses => $"missing closing ): `{text}`",
        RegexParseError.InsufficientOpeningParentheses => $"unexpected ): `{text}`",
        RegexParseError.QuantifierAfterNothing => $"missing argument to repetition operator: `{text[text.IndexOfAny(['*', '+', '?', '{'])]}`",
        _ => error.Message,
    };

    private static string Translate(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        var isMultiline = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i = Escape(text, i, result, isInClass: false);
                    break;
                case '[':
                    i = Class(text, i, result);
                    break;
                case '$':
                    // In multi-line mode $ means the same to both; else .NET's would also match before a last line feed.
                    result.Append(isMultiline ? "$" : "\\z");
                    break;
                case '(' when i + 1 < text.Length && text[i + 1] == '?':
                    i = Group(text, i, result, ref isMultiline);
                    break;
                default:
                    result.Append(text[i]);
                    break;
            }
        }

        return result.ToString();
    }

    private static int Group(string text, int start, StringBuilder result, ref bool isMultiline)
    {
        var match = GroupHead.Match(text, start);
        if (!match.Success)
        {
            throw new ArgumentException($"invalid or unsupported Perl syntax: `{text.Substring(start, Math.Min(3, text.Length - start))}`");
        }

        var flags = match.Groups["flags"].Value;
        if (flags.Contains('U', StringComparison.Ordinal))
        {
            throw new ArgumentException($"the flag U (ungreedy) of `{match.Value}` is not supported here");
        }

        if (flags.Split('-')[0].Contains('m', StringComparison.Ordinal))
        {
            isMultiline = true;
        }

        result.Append(match.Groups["name"] is { Success: true } name ? $"(?<{name.Value}>" : match.Value);
        return start + match.Length - 1;
    }

    private static int Class(string text, int start, StringBuilder result)
    {
        var i = start + 1;
        result.Append('[');
        if (i < text.Length && text[i] == '^')
        {
            result.Append('^');
            i++;
        }

        for (var isFirst = true; i < text.Length; i++, isFirst = false)
        {
            switch (text[i])
            {
                case ']' when !isFirst:
                    result.Append(']');
                    return i;
                case ']':
                    result.Append("\\]");
                    break;
                case '[' when i + 1 < text.Length && text[i + 1] == ':' && text.IndexOf(":]", i + 2, StringComparison.Ordinal) is > 0 and var end:
                    var name = text[(i + 2)..end];
                    var isNegated = name.StartsWith('^');
                    if (isNegated || !PosixClasses.TryGetValue(name, out var posix))
                    {
                        throw new ArgumentException($"invalid character class range: `[:{name}:]`");
                    }

                    result.Append(posix);
                    i = end + 1;
                    break;
                case '[':
                    // .NET would read "-[" as the start of a subtraction.
                    result.Append("\\[");
                    break;
                case '\\':
                    i = Escape(text, i, result, isInClass: true);
                    break;
                default:
                    result.Append(text[i]);
                    break;
            }
        }

        throw new ArgumentException($"missing closing ]: `{text[start..]}`");
    }

    /// <summary>Translates the escape at <paramref name="start"/> and returns the index of its last character.</summary>
    private static int Escape(string text, int start, StringBuilder result, bool isInClass)
    {
        if (start + 1 == text.Length)
        {
            throw new ArgumentException("trailing backslash at end of expression: ``");
        }

        var c = text[start + 1];
        if (Classes.TryGetValue(c, out var named))
        {
            result.Append(isInClass ? named.InClass : named.Alone);
            return start + 1;
        }

        switch (c)
        {
            case 'Q' when !isInClass:
                var end = text.IndexOf("\\E", start + 2, StringComparison.Ordinal);
                result.Append(Regex.Escape(end < 0 ? text[(start + 2)..] : text[(start + 2)..end]));
                return end < 0 ? text.Length - 1 : end + 1;
            case 'p' or 'P' when start + 2 < text.Length && text[start + 2] != '{':
                result.Append(CultureInfo.InvariantCulture, $"\\{c}{{{text[start + 2]}}}");
                return start + 2;
            case 'x' when start + 2 < text.Length && text[start + 2] == '{':
                var close = text.IndexOf('}', start);
                if (close < 0
                    || !int.TryParse(text.AsSpan(start + 3, close - start - 3), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code)
                    || !Rune.IsValid(code))
                {
                    throw new ArgumentException($"invalid escape sequence: `{text[start..]}`");
                }

                foreach (var unit in new Rune(code).ToString())
                {
                    result.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
                }

                return close;
            case 'A' or 'z' or 'b' or 'B' when !isInClass:
            case 'a' or 'f' or 't' or 'n' or 'r' or 'v' or 'x' or 'p' or 'P':
                result.Append('\\').Append(c);
                return start + 1;
            case >= '0' and <= '7' when c == '0' || isInClass:
                result.Append('\\').Append(c);
                return start + 1;
            case var _ when char.IsAsciiLetterOrDigit(c):
                throw new ArgumentException($"invalid escape sequence: `\\{c}`");
            default:
                result.Append('\\').Append(c);
                return start + 1;
        }
    }

    [GeneratedRegex(@"\G\(\?(?:P?<(?<name>[A-Za-z_][A-Za-z0-9_]*)>|(?<flags>[imsU]*(?:-[imsU]+)?)[:)])")]
    private static partial Regex GroupHead { get; }
}
