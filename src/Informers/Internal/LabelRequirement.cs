using System.Globalization;

namespace CrMonitor.Informers;

/// <summary>One condition on one label. Created checked, so that matching cannot fail.</summary>
internal sealed class LabelRequirement
{
    private const int MaxPrefixLength = 253;
    private const int MaxNameLength = 63;

    private readonly string _key;
    private readonly LabelOperator _operation;
    private readonly string[] _values;   // sorted, distinct
    private readonly long _bound;        // of GreaterThan and LessThan

    private LabelRequirement(string key, LabelOperator operation, string[] values, long bound)
    {
        _key = key;
        _operation = operation;
        _values = values;
        _bound = bound;
    }

    /// <exception cref="FormatException">
    /// The key or a value is not one that a label can have, or the number of values does not suit the operator.
    /// </exception>
    public static LabelRequirement Create(string key, LabelOperator operation, string[] values)
    {
        CheckKey(key);
        foreach (var value in values)
        {
            CheckValue(key, value);
        }

        var bound = 0L;
        switch (operation)
        {
            case LabelOperator.In or LabelOperator.NotIn when values.Length == 0:
                throw new FormatException($"The requirement on the label '{key}' needs at least one value.");
            case LabelOperator.Exists or LabelOperator.DoesNotExist when values.Length != 0:
                throw new FormatException($"The requirement on the existence of the label '{key}' takes no values.");
            case LabelOperator.GreaterThan or LabelOperator.LessThan
                when values.Length != 1 || !long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out bound):
                throw new FormatException($"The label '{key}' can be compared with one whole number only, not with '{string.Join(',', values)}'.");
        }

        return new LabelRequirement(key, operation, [.. values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], bound);
    }

    /// <summary>What every object has that matches; nothing, if several kinds of labels satisfy this.</summary>
    public LabelSignature Signature => _operation == LabelOperator.In && _values is [var value] ? LabelSignature.Of(_key, value) : default;

    public bool Matches(IDictionary<string, string>? labels) =>
        labels is not null && labels.TryGetValue(_key, out var value) ? Matches(value ?? "") : Matches((string?)null);

    public bool Matches(DynamicObject labelled) => Matches(labelled.Label(_key));

    public override string ToString() => _operation switch
    {
        LabelOperator.In when _values is [var value] => $"{_key}={value}",
        LabelOperator.NotIn when _values is [var value] => $"{_key}!={value}",
        LabelOperator.In => $"{_key} in ({string.Join(',', _values)})",
        LabelOperator.NotIn => $"{_key} notin ({string.Join(',', _values)})",
        LabelOperator.Exists => _key,
        LabelOperator.DoesNotExist => $"!{_key}",
        LabelOperator.GreaterThan => $"{_key}>{_values[0]}",
        _ => $"{_key}<{_values[0]}",
    };

    // Null: the label is not there.
    private bool Matches(string? value) => _operation switch
    {
        LabelOperator.In => value is not null && Contains(value),
        LabelOperator.NotIn => value is null || !Contains(value),
        LabelOperator.Exists => value is not null,
        LabelOperator.DoesNotExist => value is null,
        LabelOperator.GreaterThan => TryNumber(value, out var number) && number > _bound,
        _ => TryNumber(value, out var number) && number < _bound,
    };

    private static bool TryNumber(string? text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private bool Contains(string? value)
    {
        foreach (var candidate in _values)
        {
            if (candidate == value)
            {
                return true;
            }
        }

        return false;
    }

    private static void CheckKey(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var name = key.AsSpan(slash + 1);
        if (!IsName(name))
        {
            throw new FormatException(
                $"'{key}' is not a label key: "
                + $"its name must have 1 to {MaxNameLength} letters, digits, '-', '_' or '.', with a letter or digit at both ends.");
        }

        if (slash >= 0 && !IsDnsSubdomain(key.AsSpan(0, slash)))
        {
            throw new FormatException($"'{key}' is not a label key: what stands before the slash must be a DNS name in lower case.");
        }
    }

    private static void CheckValue(string key, string value)
    {
        if (value.Length != 0 && !IsName(value))
        {
            throw new FormatException(
                $"'{value}' is not a value that the label '{key}' can have: "
                + $"up to {MaxNameLength} letters, digits, '-', '_' or '.', with a letter or digit at both ends.");
        }
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxNameLength || !char.IsAsciiLetterOrDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDnsSubdomain(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxPrefixLength)
        {
            return false;
        }

        foreach (var part in text.Split('.'))
        {
            var label = text[part];
            if (label.IsEmpty || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(DnsCharacters))
            {
                return false;
            }
        }

        return true;
    }

    private static readonly System.Buffers.SearchValues<char> DnsCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
}
