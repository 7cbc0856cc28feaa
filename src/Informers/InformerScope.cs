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
            field = value.IsNothing
                ? throw new ArgumentException("A selector that matches nothing cannot be sent to a server. Leave the informer out.", nameof(value))
                : value;
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

    /// <inheritdoc/>
    public bool Equals(InformerScope? other) =>
        other is not null && Namespaces.SequenceEqual(other.Namespaces, StringComparer.Ordinal) && LabelSelector.Equals(other.LabelSelector)
        && FieldSelector == other.FieldSelector;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as InformerScope);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Namespaces.Count, LabelSelector, FieldSelector);

    /// <summary>For people: the namespaces and selectors, or "all namespaces".</summary>
    public override string ToString()
    {
        var text = Namespaces.Count == 0 ? "all namespaces" : string.Join(", ", Namespaces);
        text += LabelSelector.IsEverything ? "" : $"; labels {LabelSelector}";
        return text + (FieldSelector.Length == 0 ? "" : $"; fields {FieldSelector}");
    }
}
