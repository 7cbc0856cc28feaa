namespace CrMonitor.ApiServer.Watching;

/// <summary>
/// Reads the part of CEL that shard selectors are written in: calls of <c>shardRange</c>, joined by <c>||</c>, in parentheses or not.
/// </summary>
internal sealed class ShardExpression(string text)
{
    // As deep as CEL's own parser goes.
    private const int MaximumDepth = 250;

    private int _at;
    private int _depth;

    /// <returns>The arguments of each call: field paths, and string literals without their quotes.</returns>
    /// <exception cref="FormatException">The expression is something else.</exception>
    public IReadOnlyList<IReadOnlyList<(string Text, bool IsLiteral)>> Read()
    {
        var calls = new List<IReadOnlyList<(string Text, bool IsLiteral)>>();
        ReadOr(calls);
        return _at == text.Length ? calls : throw SyntaxError();
    }

    private void ReadOr(List<IReadOnlyList<(string Text, bool IsLiteral)>> calls)
    {
        do
        {
            if (TryTake("("))
            {
                if (++_depth > MaximumDepth)
                {
                    throw SyntaxError();
                }

                ReadOr(calls);
                Take(")");
                _depth--;
            }
            else
            {
                calls.Add(ReadCall());
            }

            foreach (var other in (ReadOnlySpan<string>)["&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%"])
            {
                if (TryTake(other))
                {
                    throw Unsupported($"_{other}_");
                }
            }
        }
        while (TryTake("||"));
    }

    private List<(string Text, bool IsLiteral)> ReadCall()
    {
        var (name, isLiteral) = ReadOperand();
        if (!TryTake("("))
        {
            var kind = isLiteral ? 5 : name.Contains('.', StringComparison.Ordinal) ? 7 : 3;
            throw new FormatException($"unexpected expression kind {kind}; expected shardRange() call or || operator");
        }

        if (name != "shardRange")
        {
            throw Unsupported(name[(name.LastIndexOf('.') + 1)..]);
        }

        var arguments = new List<(string Text, bool IsLiteral)>();
        if (TryTake(")"))
        {
            return arguments;
        }

        do
        {
            arguments.Add(ReadOperand());
        }
        while (TryTake(","));
        Take(")");
        return arguments;
    }

    /// <summary>Reads a string literal or a path of names.</summary>
    private (string Text, bool IsLiteral) ReadOperand()
    {
        SkipSpace();
        if (_at < text.Length && text[_at] is ('\'' or '"'))
        {
            var quote = text[_at];
            var end = text.IndexOf(quote, _at + 1);
            if (end < 0 || text.AsSpan(_at, end - _at).IndexOfAny("\\\r\n") >= 0)
            {
                throw SyntaxError();
            }

            var literal = text[(_at + 1)..end];
            _at = end + 1;
            SkipSpace();
            return (literal, true);
        }

        var path = ReadName();
        while (TryTake("."))
        {
            path = $"{path}.{ReadName()}";
        }

        return (path, false);
    }

    private string ReadName()
    {
        SkipSpace();
        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetter(text[_at]) || text[_at] == '_' || (_at > start && char.IsAsciiDigit(text[_at]))))
        {
            _at++;
        }

        var name = text[start.._at];
        SkipSpace();
        return name.Length > 0 ? name : throw SyntaxError();
    }

    private void Take(string token)
    {
        if (!TryTake(token))
        {
            throw SyntaxError();
        }
    }

    private bool TryTake(string token)
    {
        SkipSpace();
        if (string.CompareOrdinal(text, _at, token, 0, token.Length) != 0)
        {
            return false;
        }

        _at += token.Length;
        SkipSpace();
        return true;
    }

    private void SkipSpace()
    {
        while (_at < text.Length && text[_at] is (' ' or '\t' or '\r' or '\n' or '\f'))
        {
            _at++;
        }
    }

    private static FormatException Unsupported(string function) => new($"unsupported function \"{function}\"; only shardRange() and || are allowed");

    private FormatException SyntaxError() => new(_at == text.Length
        ? "CEL parse error: Syntax error: mismatched input '<EOF>'"
        : $"CEL parse error: Syntax error: unexpected '{text[_at]}' at {_at}");
}
