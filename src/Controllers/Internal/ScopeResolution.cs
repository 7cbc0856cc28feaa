using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>Finds what a cache holds from what a controller, the kind and the host say of it.</summary>
internal static class ScopeResolution
{
    /// <exception cref="InvalidOperationException">Selectors are given for a namespace that is not watched.</exception>
    public static InformerScope Resolve(string kind, CacheScope? own, CacheScope? ofKind, CrMonitorOptions options)
    {
        IReadOnlyList<string> namespaces = own?.Namespaces ?? ofKind?.Namespaces ?? [.. options.Namespaces];
        foreach (var level in new[] { own, ofKind })
        {
            if (level?.ByNamespace.Keys.FirstOrDefault(ns => !namespaces.Contains(ns, StringComparer.Ordinal)) is { } other)
            {
                throw new InvalidOperationException(
                    $"The cache of {kind} has selectors for the namespace '{other}', which it does not watch. Add it to Namespaces.");
            }
        }

        var (labels, fields) = SelectorsIn(null, own, ofKind, options);
        var scope = new InformerScope
        {
            Namespaces = namespaces,
            LabelSelector = labels,
            FieldSelector = fields,
            ByNamespace = namespaces
                .Select(ns => (ns, Selectors: SelectorsIn(ns, own, ofKind, options)))
                .Where(found => !found.Selectors.Equals((labels, fields)))
                .ToDictionary(
                    found => found.ns,
                    found => new ScopeSelectors { LabelSelector = found.Selectors.Labels, FieldSelector = found.Selectors.Fields }),
        };
        return scope.Equals(InformerScope.All) ? InformerScope.All : scope;
    }

    private static (LabelSelector Labels, string Fields) SelectorsIn(string? ns, CacheScope? own, CacheScope? ofKind, CrMonitorOptions options)
    {
        var levels = new (LabelSelector? Labels, string? Fields)[]
        {
            Of(own?.ByNamespace, ns), (own?.LabelSelector, own?.FieldSelector),
            Of(ofKind?.ByNamespace, ns), (ofKind?.LabelSelector, ofKind?.FieldSelector),
            Of(options.SelectorsByNamespace.AsReadOnly(), ns), (options.Selectors?.LabelSelector, options.Selectors?.FieldSelector),
        };
        return (levels.Select(level => level.Labels).FirstOrDefault(labels => labels is not null) ?? LabelSelector.Everything,
            levels.Select(level => level.Fields).FirstOrDefault(fields => fields is not null) ?? "");
    }

    private static (LabelSelector? Labels, string? Fields) Of(IReadOnlyDictionary<string, ScopeSelectors>? byNamespace, string? ns) =>
        ns is not null && byNamespace is not null && byNamespace.TryGetValue(ns, out var selectors)
            ? (selectors.LabelSelector, selectors.FieldSelector)
            : (null, null);
}
