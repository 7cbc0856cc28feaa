using System.CommandLine;
using System.CommandLine.Parsing;

namespace CrMonitor.SampleOperator;

/// <inheritdoc/>
internal sealed class Setting<T> : Setting
{
    private readonly Option<T> _option;
    private readonly Func<IReadOnlyList<string>, T> _parse;
    private readonly T _default;
    private readonly bool _isList;

    private Setting(
        string name, string group, string valueName, string description, string? defaultText, T defaultValue, bool isList,
        ArgumentArity arity, Func<IReadOnlyList<string>, T> parse)
        : base(name, group, valueName, description, defaultText)
    {
        (_parse, _default, _isList) = (parse, defaultValue, isList);
        _option = new Option<T>(Flag)
        {
            Description = description,
            Arity = arity,
            CustomParser = result => ParseTokens(result)!,
        };
    }

    public override Option Option => _option;

    /// <summary>A setting with one value. Its parser throws <see cref="FormatException"/>, whose message says what is expected.</summary>
    public static Setting<T> Single(
        string name, string group, string valueName, string description, T defaultValue, Func<string, T> parse, string? defaultText = null) =>
        new(name, group, valueName, description, defaultText, defaultValue, isList: false, ArgumentArity.ExactlyOne, values => parse(values[0]));

    /// <summary>A switch: the flag alone means the value that is parsed from <c>true</c>.</summary>
    public static Setting<T> Switch(string name, string group, string description, T defaultValue, Func<string, T> parse) =>
        new(name, group, "", description, null, defaultValue, isList: false, ArgumentArity.ZeroOrOne, values => parse(values is [] ? "true" : values[0]));

    /// <summary>A setting that may be given several times; its variable separates the values by commas.</summary>
    public static Setting<T> List(
        string name, string group, string valueName, string description, T defaultValue, Func<IReadOnlyList<string>, T> parse, string? defaultText = null) =>
        new(name, group, valueName, description, defaultText, defaultValue, isList: true, ArgumentArity.OneOrMore, parse);

    /// <summary>The value, and whether anybody has set it.</summary>
    /// <exception cref="UsageException">The environment variable holds what cannot be read.</exception>
    public (T Value, bool IsSet) Read(ParseResult result, Func<string, string?> environment)
    {
        if (result.GetResult(_option) is { Implicit: false })
        {
            return (result.GetValue(_option)!, true);
        }

        // An empty variable counts as not set: that is how shells and manifests unset one.
        if (environment(Variable) is not { Length: > 0 } text)
        {
            return (_default, false);
        }

        try
        {
            return (_parse(_isList ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [text]), true);
        }
        catch (FormatException exception)
        {
            throw new UsageException($"{Variable}={text}: {exception.Message}", exception);
        }
    }

    private T? ParseTokens(ArgumentResult result)
    {
        var values = result.Tokens.Select(token => token.Value).ToArray();
        try
        {
            return _parse(values);
        }
        catch (FormatException exception)
        {
            result.AddError($"{Flag} {string.Join(' ', values)}: {exception.Message}");
            return default;
        }
    }
}
