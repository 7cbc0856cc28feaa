using System.Globalization;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Watching;

/// <summary>A parsed <c>labelSelector</c>. Immutable.</summary>
internal sealed class LabelSelector
{
    public static readonly LabelSelector Everything = new([]);

    private readonly IReadOnlyList<Requirement> _requirements;

    private LabelSelector(IReadOnlyList<Requirement> requirements) => _requirements = requirements;

    private enum Operator
    {
        Exists,
        DoesNotExist,
        In,
        NotIn,
        GreaterThan,
        LessThan,
    }

    public bool IsEverything => _requirements.Count == 0;

    /// <exception cref="ApiException">400: the text is not a selector.</exception>
    public static LabelSelector Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return Everything;
        }

        return new LabelSelector(new Parser(text).Parse());
    }

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Requirement(string Key, Operator Operator, IReadOnlyCollection<string> Values)
    {
        public bool Matches(IReadOnlyDictionary<string, string> labels)
        {
            var found = labels.TryGetValue(Key, out var value);
            return Operator switch
            {
                Operator.Exists => found,
                Operator.DoesNotExist => !found,
                Operator.In => found && Values.Contains(value!),
                Operator.NotIn => !found || !Values.Contains(value!),
                Operator.GreaterThan => found && Number(value!) > Number(Values.First()),
                _ => found && Number(value!) < Number(Values.First()),
            };
        }

        private static long? Number(string text) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null;
    }

    private sealed class Parser(string text)
    {
        private int _at;

        public List<Requirement> Parse()
        {
            var requirements = new List<Requirement>();
            while (true)
            {
                if (Peek() is var first && first.Length > 0 && first != "!" && !IsWord(first))
                {
                    throw ApiErrors.BadRequest($"found '{first}', expected: !, identifier, or 'end of string'");
                }

                requirements.Add(ParseRequirement());
                var token = Next();
                if (token.Length == 0)
                {
                    return requirements;
                }

                if (token != ",")
                {
                    throw ApiErrors.BadRequest($"found '{token}', expected: ',' or 'end of string'");
                }

                var following = Peek();
                if (following.Length == 0 || (!IsWord(following) && following != "!"))
                {
                    throw ApiErrors.BadRequest($"found '{following}', expected: identifier after ','");
                }
            }
        }

        private Requirement ParseRequirement()
        {
            var isNegated = Peek() == "!";
            if (isNegated)
            {
                Next();
            }

            var key = Next();
            if (!IsWord(key))
            {
                throw Expected(key, "identifier");
            }

            if (string.Join("; ", MetadataRules.QualifiedNameErrors(key)) is { Length: > 0 } keyErrors)
            {
                throw Bad($"<nil>: Invalid value: {GoText.Quote(key)}: {keyErrors}");
            }

            if (isNegated)
            {
                return new Requirement(key, Operator.DoesNotExist, []);
            }

            if (Peek() is "" or ",")
            {
                return new Requirement(key, Operator.Exists, []);
            }

            var token = Next();
            switch (token)
            {
                case "=" or "==":
                    return new Requirement(key, Operator.In, [Valid(key, ExactValue())]);
                case "!=":
                    return new Requirement(key, Operator.NotIn, [Valid(key, ExactValue())]);
                case "in":
                    return new Requirement(key, Operator.In, Values(key));
                case "notin":
                    return new Requirement(key, Operator.NotIn, Values(key));
                case ">" or "<":
                    var bound = ExactValue();
                    return long.TryParse(bound, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                        ? new Requirement(key, token == ">" ? Operator.GreaterThan : Operator.LessThan, [bound])
                        : throw Bad($"values[0]: Invalid value: \"{bound}\": for 'Gt', 'Lt' operators, the value must be an integer");
                default:
                    throw Expected(token, "in, notin, =, ==, !=, gt, lt");
            }
        }

        private string ExactValue()
        {
            if (Peek() is "" or ",")
            {
                return "";
            }

            var token = Next();
            return IsWord(token) ? token : throw Expected(token, "identifier");
        }

        private HashSet<string> Values(string key)
        {
            var open = Next();
            if (open != "(")
            {
                throw Bad($"found '{open}' expected: '('");
            }

            var values = new HashSet<string>(StringComparer.Ordinal);
            while (true)
            {
                // An empty value stands between two commas, or next to a parenthesis.
                var value = Peek() is "," or ")" ? "" : Next();
                if (value.Length > 0 && !IsWord(value))
                {
                    throw Expected(value, "',', ')' or identifier");
                }

                values.Add(Valid(key, value));
                switch (Next())
                {
                    case ",":
                        break;
                    case ")":
                        return values;
                    case var other:
                        throw Expected(other, "',' or ')'");
                }
            }
        }

        private string Peek()
        {
            var start = _at;
            var token = Next();
            _at = start;
            return token;
        }

        /// <returns>An empty string at the end.</returns>
        private string Next()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }

            var start = _at;
            if (_at == text.Length)
            {
                return "";
            }

            if (IsSpecial(text[_at]))
            {
                _at++;
                if (_at < text.Length && text[_at] == '=' && text[start] is '=' or '!')
                {
                    _at++;
                }

                return text[start.._at];
            }

            while (_at < text.Length && !IsSpecial(text[_at]) && !char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }

            return text[start.._at];
        }

        private static string Valid(string key, string value) =>
            MetadataRules.LabelValueError(value) is { } error ? throw Bad($"values[0][{key}]: Invalid value: {GoText.Quote(value)}: {error}") : value;

        private static bool IsSpecial(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';

        private static bool IsWord(string token) => token.Length > 0 && !IsSpecial(token[0]);

        private static ApiException Expected(string found, string expected) => Bad($"found '{found}', expected: {expected}");

        private static ApiException Bad(string why) => ApiErrors.BadRequest($"unable to parse requirement: {why}");
    }
}
