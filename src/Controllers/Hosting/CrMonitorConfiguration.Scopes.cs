using CrMonitor.Informers;
using Microsoft.Extensions.Configuration;

namespace CrMonitor.Controllers;

/// <summary>What caches hold.</summary>
internal sealed partial class CrMonitorConfiguration
{
    private const string Caches = "Caches";

    private static readonly string[] SelectorNames = [nameof(ScopeSelectors.LabelSelector), nameof(ScopeSelectors.FieldSelector)];

    private static readonly string[] ScopeNames = [nameof(CacheScope.Namespaces), .. SelectorNames, nameof(CacheScope.ByNamespace)];

    /// <summary>Throws if the configuration speaks of caches that there are not.</summary>
    /// <param name="resources">Of what there are caches: names such as <c>secrets</c> and <c>deployments.apps</c>.</param>
    public void CheckCaches(IReadOnlyCollection<string> resources) => ThrowIfAny([..
        from cache in _section?.GetSection(Caches).GetChildren() ?? []
        where !resources.Contains(cache.Key, StringComparer.OrdinalIgnoreCase)
        select $"{cache.Path}: this host keeps no cache of such a resource. It keeps: "
            + $"{string.Join(", ", resources.Order(StringComparer.Ordinal))}."]);

    private static CacheScope Scope(IConfigurationSection section, List<string> mistakes)
    {
        IReadOnlyList<string>? namespaces = null;
        IReadOnlyDictionary<string, ScopeSelectors> byNamespace = new Dictionary<string, ScopeSelectors>();
        foreach (var child in Members(section, ScopeNames[0], mistakes))
        {
            switch (Name(child, ScopeNames))
            {
                case nameof(CacheScope.Namespaces):
                    namespaces = Namespaces(child, mistakes);
                    break;
                case nameof(CacheScope.ByNamespace):
                    byNamespace = SelectorsByNamespace(child, mistakes);
                    break;
                case null:
                    mistakes.Add(Unknown(child, ScopeNames));
                    break;
            }
        }

        return new CacheScope
        {
            Namespaces = namespaces,
            LabelSelector = Labels(section.GetSection(nameof(CacheScope.LabelSelector)), mistakes),
            FieldSelector = Fields(section.GetSection(nameof(CacheScope.FieldSelector)), mistakes),
            ByNamespace = byNamespace,
        };
    }

    private static Dictionary<string, ScopeSelectors> SelectorsByNamespace(IConfigurationSection section, List<string> mistakes) =>
        Members(section, "NAMESPACE", mistakes).ToDictionary(child => child.Key, child => Selectors(child, mistakes));

    private static ScopeSelectors Selectors(IConfigurationSection section, List<string> mistakes)
    {
        var unknown = Members(section, SelectorNames[0], mistakes).Where(child => Name(child, SelectorNames) is null);
        mistakes.AddRange(unknown.Select(child => Unknown(child, SelectorNames)));
        return new ScopeSelectors
        {
            LabelSelector = Labels(section.GetSection(nameof(ScopeSelectors.LabelSelector)), mistakes),
            FieldSelector = Fields(section.GetSection(nameof(ScopeSelectors.FieldSelector)), mistakes),
        };
    }

    private static List<IConfigurationSection> Members(IConfigurationSection section, string such, List<string> mistakes)
    {
        if (section.Value is { Length: > 0 } text)
        {
            mistakes.Add($"{section.Path} is '{text}'. Expected settings under it, such as {section.Path}:{such}.");
        }

        return [.. section.GetChildren()];
    }

    // An empty list is a word of its own: all namespaces. Text, or a null, is none.
    private static List<string>? Namespaces(IConfigurationSection section, List<string> mistakes)
    {
        var names = section.GetChildren().Select(child => child.Value ?? "").ToList();
        if (section.Value is { Length: > 0 } text)
        {
            mistakes.Add($"{section.Path} is '{text}'. Expected a list: {section.Path}:0 for the first namespace.");
            return null;
        }

        if (names.Any(string.IsNullOrWhiteSpace))
        {
            mistakes.Add($"{section.Path} has an empty name in it. Leave the list empty to watch all namespaces.");
            return null;
        }

        return names.Count == 0 && section.Value is null ? null : names;
    }

    private static LabelSelector? Labels(IConfigurationSection section, List<string> mistakes)
    {
        LabelSelector? selector = null;
        if (section.Value is { } text && !LabelSelector.TryParse(text, out selector, out var error))
        {
            mistakes.Add($"{section.Path} is '{text}'. Expected labels such as app=web,tier!=test: {error}");
        }

        return selector;
    }

    // Which fields can be selected only the server knows. A comma in a value is written with a backslash.
    private static string? Fields(IConfigurationSection section, List<string> mistakes)
    {
        if (section.Value is { Length: > 0 } text
            && text.Replace("\\,", "", StringComparison.Ordinal).Split(',').Any(term => term.TrimStart().IndexOf('=', StringComparison.Ordinal) < 1))
        {
            mistakes.Add($"{section.Path} is '{text}'. Expected fields such as type=Opaque,metadata.name!=web.");
        }

        return section.Value;
    }
}
