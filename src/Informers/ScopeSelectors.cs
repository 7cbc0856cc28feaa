namespace CrMonitor.Informers;

/// <summary>Selectors that stand in front of others: what is not set here is as it is there.</summary>
/// <remarks>Immutable; may be shared between threads.</remarks>
public sealed class ScopeSelectors
{
    /// <summary>Only objects with these labels.</summary>
    /// <value>
    /// <see langword="null"/> by default: what is said elsewhere holds. <see cref="LabelSelector.Everything"/> asks for all objects, whatever is said
    /// elsewhere.
    /// </value>
    public LabelSelector? LabelSelector { get; init; }

    /// <summary>Only objects whose fields match, as the API's <c>fieldSelector</c> says it.</summary>
    /// <value><see langword="null"/> by default: what is said elsewhere holds. Empty text asks for all objects, whatever is said elsewhere.</value>
    public string? FieldSelector { get; init; }
}
