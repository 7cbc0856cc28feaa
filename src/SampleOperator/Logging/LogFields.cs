using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator;

/// <summary>The structured fields of a log entry: those of its scopes, outermost first, then its own.</summary>
internal static class LogFields
{
    private const string Template = "{OriginalFormat}";

    /// <summary>Collects the fields by name in camelCase; an inner one of the same name replaces an outer one in its place. Those of the entry itself stand in its message; they
    /// are collected where <paramref name="includeOwn"/> says so.</summary>
    public static IReadOnlyCollection<KeyValuePair<string, object?>> Collect<TState>(TState state, IExternalScopeProvider? scopes, bool includeOwn)
    {
        var fields = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        scopes?.ForEachScope(static (scope, fields) => Add(fields, scope), fields);
        if (includeOwn)
        {
            Add(fields, state);
        }

        return fields;
    }

    private static void Add(OrderedDictionary<string, object?> fields, object? source)
    {
        if (source is not IEnumerable<KeyValuePair<string, object?>> pairs)
        {
            return;
        }

        foreach (var (name, value) in pairs)
        {
            if (name.Length > 0 && name != Template && value is not null)
            {
                fields[char.ToLowerInvariant(name[0]) + name[1..]] = value;
            }
        }
    }
}
