namespace CrMonitor.Informers;

/// <summary>Which objects of a resource an informer holds: namespaces and selectors.</summary>
/// <remarks>Two scopes are equal if they ask the server for the same. Immutable; may be shared between threads.</remarks>
public sealed class InformerScope : IEquatable<InformerScope>
{
    /// <summary>All objects of all namespaces.</summary>
    public static InformerScope All { get; } = new();

    /// <summary>
    /// The namespaces to hold, behind one lister: one list and watch for each. Empty stands for all, and for cluster-scoped resources.
    /// </summary>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public IReadOnlyList<string> Namespaces
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Any(string.IsNullOrWhiteSpace))
            {
                throw new ArgumentException("A namespace without a name is none. Leave the list empty for all namespaces.", nameof(value));
            }

            field = [.. value.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        }
    } = [];

    /// <summary>Only objects with these labels; the server selects. An object that loses them is told as deleted.</summary>
    /// <exception cref="ArgumentException">The selector is <see cref="LabelSelector.Nothing"/>, which cannot be asked for.</exception>
    public LabelSelector LabelSelector
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            CheckIsNoNothing(value);
            field = value;
        }
    } = LabelSelector.Everything;

    /// <summary>Only objects whose fields match, as the API's <c>fieldSelector</c> says it; the server selects. Empty for all.</summary>
    public string FieldSelector
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = "";

    /// <summary>
    /// Selectors of single namespaces, in front of those of the scope. An informer is refused that has them for other namespaces than its own.
    /// </summary>
    /// <exception cref="ArgumentException">A selector is <see cref="LabelSelector.Nothing"/>, which cannot be asked for.</exception>
    public IReadOnlyDictionary<string, ScopeSelectors> ByNamespace
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            foreach (var selectors in value.Values)
            {
                CheckIsNoNothing(selectors.LabelSelector);
            }

            field = new Dictionary<string, ScopeSelectors>(value, StringComparer.Ordinal);
        }
    } = new Dictionary<string, ScopeSelectors>();

    /// <summary>
    /// Every object of <paramref name="other"/> is one of this scope too: what is asked within the other can be answered within this.
    /// </summary>
    /// <remarks>
    /// Selectors are compared as they are written: labels requirement by requirement, fields as text. Where that does not show it, the answer is
    /// <see langword="false"/>.
    /// </remarks>
    public bool Covers(InformerScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Namespaces.Count == 0
            ? Namespaces.Count == 0 && CoversIn(null, other)
            : other.Namespaces.All(ns => (Namespaces.Count == 0 || Namespaces.Contains(ns, StringComparer.Ordinal)) && CoversIn(ns, other));
    }

    /// <inheritdoc/>
    public bool Equals(InformerScope? other) =>
        other is not null && Namespaces.SequenceEqual(other.Namespaces, StringComparer.Ordinal)
        && (Namespaces.Count == 0
            ? SelectorsIn(null).Equals(other.SelectorsIn(null))
            : Namespaces.All(ns => SelectorsIn(ns).Equals(other.SelectorsIn(ns))));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as InformerScope);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Namespaces.Count, SelectorsIn(Namespaces.Count == 0 ? null : Namespaces[0]));

    /// <summary>For people: the namespaces and selectors, or "all namespaces".</summary>
    public override string ToString()
    {
        var namespaces = Namespaces.Count == 0
            ? "all namespaces"
            : string.Join(", ", Namespaces.Select(ns => ByNamespace.ContainsKey(ns) ? $"{ns} ({Describe(SelectorsIn(ns))})" : ns));
        return SelectorsIn(null) is ({ IsEverything: true }, "") ? namespaces : $"{namespaces}; {Describe(SelectorsIn(null))}";
    }

    /// <summary>What of the scope lies in one namespace of it (<see langword="null"/>: in all).</summary>
    internal InformerScope In(string? ns)
    {
        var (labels, fields) = SelectorsIn(ns);
        return new InformerScope { Namespaces = ns is null ? [] : [ns], LabelSelector = labels, FieldSelector = fields };
    }

    private static void CheckIsNoNothing(LabelSelector? selector)
    {
        if (selector is { IsNothing: true })
        {
            throw new ArgumentException("A selector that matches nothing cannot be sent to a server. Leave the informer out.", nameof(selector));
        }
    }

    private static string Describe((LabelSelector Labels, string Fields) selectors) => selectors switch
    {
        ({ IsEverything: true }, "") => "all objects",
        ({ IsEverything: true }, var fields) => $"fields {fields}",
        (var labels, "") => $"labels {labels}",
        var (labels, fields) => $"labels {labels}; fields {fields}",
    };

    private (LabelSelector Labels, string Fields) SelectorsIn(string? ns) =>
        ns is not null && ByNamespace.TryGetValue(ns, out var own)
            ? (own.LabelSelector ?? LabelSelector, own.FieldSelector ?? FieldSelector)
            : (LabelSelector, FieldSelector);

    private bool CoversIn(string? ns, InformerScope other)
    {
        var (labels, fields) = SelectorsIn(ns);
        var (itsLabels, itsFields) = other.SelectorsIn(ns);
        return itsLabels.HasAllOf(labels) && (fields.Length == 0 || fields == itsFields);
    }
}
