using System.Text;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Storage;

/// <summary>Says what is wrong with text that is not JSON, in the words of the decoder that Kubernetes reads it with.</summary>
internal ref struct JsonSyntax
{
    private readonly ReadOnlySpan<byte> _json;
    private int _at;
    private string? _error;

    private JsonSyntax(ReadOnlySpan<byte> json) => _json = json;

    /// <summary>
    /// The first mistake, such as <c>invalid character 'x' looking for beginning of value</c>; <see langword="null"/> if there is none.
    /// </summary>
    public static string? ErrorOf(ReadOnlySpan<byte> json)
    {
        var syntax = new JsonSyntax(json);
        if (syntax.Value(0) && syntax.SkipSpace())
        {
            syntax.Refuse("after top-level value");
        }

        return syntax._error;
    }

    private bool Value(int depth)
    {
        if (depth > JsonText.MaximumDepth)
        {
            _error = "exceeded max depth";
            return false;
        }

        SkipSpace();
        return Current switch
        {
            '{' => Object(depth),
            '[' => Array(depth),
            '"' => Text(),
            't' => Literal("true"),
            'f' => Literal("false"),
            'n' => Literal("null"),
            '-' or (>= '0' and <= '9') => Number(),
            _ => Refuse("looking for beginning of value"),
        };
    }

    private bool Object(int depth)
    {
        _at++;
        SkipSpace();
        if (Current == '}')
        {
            _at++;
            return true;
        }

        while (true)
        {
            SkipSpace();
            if (Current != '"')
            {
                return Refuse("looking for beginning of object key string");
            }

            if (!Text() || !Expect(':', "after object key") || !Value(depth + 1))
            {
                return false;
            }

            SkipSpace();
            if (Current == '}')
            {
                _at++;
                return true;
            }

            if (!Expect(',', "after object key:value pair"))
            {
                return false;
            }
        }
    }

    private bool Array(int depth)
    {
        _at++;
        SkipSpace();
        if (Current == ']')
        {
            _at++;
            return true;
        }

        while (Value(depth + 1))
        {
            SkipSpace();
            if (Current == ']')
            {
                _at++;
                return true;
            }

            if (!Expect(',', "after array element"))
            {
                return false;
            }
        }

        return false;
    }

    private bool Text()
    {
        for (_at++; Current != '"'; _at++)
        {
            if (Current < ' ')
            {
                return Refuse("in string");
            }

            if (Current != '\\')
            {
                continue;
            }

            _at++;
            if (Current == 'u')
            {
                for (var digit = 0; digit < 4; digit++)
                {
                    _at++;
                    if (Current < 0 || !char.IsAsciiHexDigit((char)Current))
                    {
                        return RefuseEscape(6, digit + 2);
                    }
                }
            }
            else if (Current < 0 || !"\"\\/bfnrt".Contains((char)Current))
            {
                return RefuseEscape(2, 1);
            }
        }

        _at++;
        return true;
    }

    private bool Number()
    {
        if (Current == '-')
        {
            _at++;
        }

        if (Current == '0')
        {
            _at++;
        }
        else if (!Digits("in numeric literal"))
        {
            return false;
        }

        if (Current == '.')
        {
            _at++;
            if (!Digits("in numeric literal"))
            {
                return false;
            }
        }

        if (Current is not ('e' or 'E'))
        {
            return true;
        }

        _at++;
        if (Current is '+' or '-')
        {
            _at++;
        }

        return Digits("in numeric literal");
    }

    private bool Digits(string where)
    {
        if (Current is < '0' or > '9')
        {
            return Refuse(where);
        }

        while (Current is >= '0' and <= '9')
        {
            _at++;
        }

        return true;
    }

    private bool Literal(string literal)
    {
        foreach (var c in literal)
        {
            if (Current != c)
            {
                return Refuse($"in literal {literal} (expecting '{c}')");
            }

            _at++;
        }

        return true;
    }

    private bool Expect(char c, string where)
    {
        SkipSpace();
        if (Current != c)
        {
            return Refuse(where);
        }

        _at++;
        return true;
    }

    // An escape sequence is shown whole, from its backslash, which lies some characters back.
    private bool RefuseEscape(int length, int back)
    {
        if (Current < 0)
        {
            return Refuse("in string");
        }

        var start = _at - back;
        _error = $"invalid escape sequence `{Encoding.UTF8.GetString(_json.Slice(start, Math.Min(length, _json.Length - start)))}` in string";
        return false;
    }

    private bool Refuse(string where)
    {
        if (Current < 0)
        {
            _error = "unexpected end of JSON input";
            return false;
        }

        var c = (char)Current;
        _error = $"invalid character {(c == '\'' ? @"'\''" : c == '"' ? "'\"'" : $"'{GoText.Quote(c.ToString())[1..^1]}'")} {where}";
        return false;
    }

    /// <returns>Whether anything follows.</returns>
    private bool SkipSpace()
    {
        while (Current is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }

        return Current >= 0;
    }

    // -1 at the end.
    private readonly int Current => _at < _json.Length ? _json[_at] : -1;
}
