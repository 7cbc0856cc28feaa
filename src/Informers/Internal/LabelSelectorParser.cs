namespace CrMonitor.Informers;

/// <summary>Reads the text form of a label selector by recursive descent.</summary>
internal ref struct LabelSelectorParser(string text)
{
    private const string Special = ",()!=<>";

    private readonly string _text = text;
    private int _position;

    /// <exception cref="FormatException">The text is not a selector.</exception>
    public List<LabelRequirement> Parse()
    {
        List<LabelRequirement> requirements = [];
        SkipSpace();
        if (AtEnd)
        {
            return requirements;
        }

        while (true)
        {
            requirements.Add(Requirement());
            SkipSpace();
            if (AtEnd)
            {
                return requirements;
            }

            Expect(',', "a comma or the end");
        }
    }

    private readonly bool AtEnd => _position == _text.Length;

    private LabelRequirement Requirement()
    {
        SkipSpace();
        if (Accept("!"))
        {
            return LabelRequirement.Create(Word("a label key"), LabelOperator.DoesNotExist, []);
        }

        var key = Word("a label key");
        SkipSpace();
        if (AtEnd || _text[_position] == ',')
        {
            return LabelRequirement.Create(key, LabelOperator.Exists, []);
        }

        if (Accept("!="))
        {
            return LabelRequirement.Create(key, LabelOperator.NotIn, [OptionalWord()]);
        }

        if (Accept("==") || Accept("="))
        {
            return LabelRequirement.Create(key, LabelOperator.In, [OptionalWord()]);
        }

        if (Accept(">"))
        {
            return LabelRequirement.Create(key, LabelOperator.GreaterThan, [OptionalWord()]);
        }

        if (Accept("<"))
        {
            return LabelRequirement.Create(key, LabelOperator.LessThan, [OptionalWord()]);
        }

        const string Operators = "=, ==, !=, in, notin, > or <";
        var start = _position;
        return Word(Operators) switch
        {
            "in" => LabelRequirement.Create(key, LabelOperator.In, Values()),
            "notin" => LabelRequirement.Create(key, LabelOperator.NotIn, Values()),
            var other => throw Error(start, Operators, $"'{other}'"),
        };
    }

    private string[] Values()
    {
        List<string> values = [];
        Expect('(', "'('");
        do
        {
            values.Add(OptionalWord());
            SkipSpace();
        }
        while (Accept(","));
        Expect(')', "',' or ')'");
        return [.. values];
    }

    private string Word(string expected)
    {
        SkipSpace();
        var start = _position;
        var word = OptionalWord();
        return word.Length > 0 ? word : throw Error(start, expected, Found(start));
    }

    private string OptionalWord()
    {
        SkipSpace();
        var start = _position;
        while (!AtEnd && !char.IsWhiteSpace(_text[_position]) && !Special.Contains(_text[_position]))
        {
            _position++;
        }

        return _text[start.._position];
    }

    private bool Accept(string token)
    {
        if (string.CompareOrdinal(_text, _position, token, 0, token.Length) != 0)
        {
            return false;
        }

        _position += token.Length;
        return true;
    }

    private void Expect(char token, string expected)
    {
        SkipSpace();
        if (AtEnd || _text[_position] != token)
        {
            throw Error(_position, expected, Found(_position));
        }

        _position++;
    }

    private void SkipSpace()
    {
        while (!AtEnd && char.IsWhiteSpace(_text[_position]))
        {
            _position++;
        }
    }

    private readonly string Found(int position) => position < _text.Length ? $"'{_text[position]}'" : "the end";

    private readonly FormatException Error(int position, string expected, string found) =>
        new($"'{_text}' is not a label selector: expected {expected} at character {position + 1}, found {found}.");
}
