using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>Which objects of a kind a cache holds. What is not set here is as the kind has it, and else as the host has it.</summary>
/// <remarks>
/// What is said of one namespace goes before what is said of all, and what a controller says before what <see cref="CrMonitorOptions.Cache"/> says of
/// the kind, and that before what the options say of all kinds. Immutable; may be shared between threads.
/// </remarks>
public sealed class CacheScope
{
    /// <summary>The namespaces to watch.</summary>
    /// <value>
    /// <see langword="null"/> by default: those of the kind, and else <see cref="CrMonitorOptions.Namespaces"/>. An empty list stands for all, and
    /// for cluster-scoped kinds.
    /// </value>
    public IReadOnlyList<string>? Namespaces { get; init; }

    /// <summary>Only objects with these labels; the server selects. To the cache, an object that loses them is deleted.</summary>
    /// <value>
    /// <see langword="null"/> by default: as the kind or the host has it. <see cref="LabelSelector.Everything"/> asks for all objects, whatever is
    /// said there.
    /// </value>
    public LabelSelector? LabelSelector { get; init; }

    /// <summary>Only objects whose fields match, as the API's <c>fieldSelector</c> says it; the server selects.</summary>
    /// <value><see langword="null"/> by default: as the kind or the host has it. Empty text asks for all objects, whatever is said there.</value>
    public string? FieldSelector { get; init; }

    /// <summary>Selectors of single namespaces. Those that are not watched fail the start.</summary>
    public IReadOnlyDictionary<string, ScopeSelectors> ByNamespace { get; init; } = new Dictionary<string, ScopeSelectors>();
}
