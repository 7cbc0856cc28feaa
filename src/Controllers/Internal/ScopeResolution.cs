using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>Finds what a cache holds from what a controller, the kind and the host say of it.</summary>
internal static class ScopeResolution
{
    /// <exception cref="InvalidOperationException">Selectors are given for a namespace that is not watched.</exception>
    /// <param name="kind">Whose cache it is, for people.</param>
    /// <param name="levels">What is said of it, the word that goes first before the others.</param>
    /// <param name="options">What is said of all kinds.</param>
    public static InformerScope Resolve(string kind, List<CacheScope> levels, CrMonitorOptions options)
    {
        var decides = levels.FirstOrDefault(level => level.Namespaces is not null);
        var namespaces = decides?.Namespaces ?? [.. options.Namespaces];

        // Where another word on the namespaces goes first, what is said here of one of them may have nothing to be said of.
        foreach (var level in levels.Take(decides is null ? levels.Count : levels.IndexOf(decides) + 1))
        {
            if (level.ByNamespace.Keys.FirstOrDefault(ns => !namespaces.Contains(ns, StringComparer.Ordinal)) is { } other)
            {
                throw new InvalidOperationException(
                    $"The cache of {kind} has selectors for the namespace '{other}', which it does not watch. Add it to Namespaces.");
            }
        }

        var (labels, fields) = SelectorsIn(null, levels, options);
        var scope = new InformerScope
        {
            Namespaces = namespaces,
            LabelSelector = labels,
            FieldSelector = fields,
            ByNamespace = namespaces
                .Select(ns => (ns, Selectors: SelectorsIn(ns, levels, options)))
                .Where(found => !found.Selectors.Equals((labels, fields)))
                .ToDictionary(
                    found => found.ns,
                    found => new ScopeSelectors { LabelSelector = found.Selectors.Labels, FieldSelector = found.Selectors.Fields }),
        };
        return scope.Equals(InformerScope.All) ? InformerScope.All : scope;
    }

    private static (LabelSelector Labels, string Fields) SelectorsIn(string? ns, List<CacheScope> levels, CrMonitorOptions options)
    {
        (LabelSelector? Labels, string? Fields)[] said =
        [
            .. levels.SelectMany(level => new[] { Of(level.ByNamespace, ns), (level.LabelSelector, level.FieldSelector) }),
            Of(options.SelectorsByNamespace.AsReadOnly(), ns), (options.Selectors?.LabelSelector, options.Selectors?.FieldSelector),
        ];
        return (said.Select(level => level.Labels).FirstOrDefault(labels => labels is not null) ?? LabelSelector.Everything,
            said.Select(level => level.Fields).FirstOrDefault(fields => fields is not null) ?? "");
    }

    private static (LabelSelector? Labels, string? Fields) Of(IReadOnlyDictionary<string, ScopeSelectors> byNamespace, string? ns) =>
        ns is not null && byNamespace.TryGetValue(ns, out var selectors)
            ? (selectors.LabelSelector, selectors.FieldSelector)
            : (null, null);
}
