using System.Diagnostics.CodeAnalysis;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>A parsed label selector: which label sets match.</summary>
/// <remarks>
/// All requirements must hold. <c>!=</c> and <c>notin</c> also match objects without the label, as in Kubernetes.
/// Two selectors are equal if their canonical texts are. Immutable; may be shared between threads.
/// </remarks>
public sealed class LabelSelector : IEquatable<LabelSelector>
{
    private readonly LabelRequirement[] _requirements;
    private readonly string _text;

    private LabelSelector(IEnumerable<LabelRequirement> requirements)
    {
        _requirements = [.. requirements.OrderBy(requirement => requirement.ToString(), StringComparer.Ordinal)];
        _text = string.Join(',', _requirements.AsEnumerable());
        Signature = new LabelSignature(_requirements.Aggregate(0ul, static (bits, requirement) => bits | requirement.Signature.Bits));
    }

    /// <summary>Matches every object, also those without labels.</summary>
    public static LabelSelector Everything { get; } = new([]);

    /// <summary>Matches no object. It has no text that a server would understand, and is not for requests.</summary>
    public static LabelSelector Nothing { get; } = new([]);

    /// <summary>No object can match; a reader need not look at any.</summary>
    public bool IsNothing => ReferenceEquals(this, Nothing);

    /// <summary>Every object matches; a reader need not look at labels.</summary>
    public bool IsEverything => _requirements.Length == 0 && !IsNothing;

    /// <summary>What every object has that matches.</summary>
    internal LabelSignature Signature { get; }

    /// <summary>Reads the text that <c>kubectl -l</c> and the API's <c>labelSelector</c> take.</summary>
    /// <param name="text">
    /// Requirements separated by commas: <c>key</c>, <c>!key</c>, <c>key=value</c>, <c>key==value</c>, <c>key!=value</c>, <c>key in (a,b)</c>,
    /// <c>key notin (a,b)</c>, <c>key&gt;1</c>, <c>key&lt;1</c>. Empty text is <see cref="Everything"/>.
    /// </param>
    /// <exception cref="FormatException">The text is not a selector; the message says where and why.</exception>
    public static LabelSelector Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var selector, out var error) ? selector : throw new FormatException(error);
    }

    /// <summary>Reads a selector without throwing.</summary>
    /// <param name="text">As for <see cref="Parse"/>.</param>
    /// <param name="selector">The selector, if the text is one.</param>
    /// <param name="error">Else where and why it is not.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out LabelSelector? selector, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            var requirements = new LabelSelectorParser(text).Parse();
            selector = requirements.Count == 0 ? Everything : new LabelSelector(requirements);
            error = null;
            return true;
        }
        catch (FormatException e)
        {
            selector = null;
            error = e.Message;
            return false;
        }
    }

    /// <summary>
    /// The selector of a Kubernetes object such as a Deployment: <see langword="null"/> is <see cref="Nothing"/>, an empty one
    /// <see cref="Everything"/>.
    /// </summary>
    /// <exception cref="FormatException">A key, value or operator is not valid.</exception>
    public static LabelSelector Of(V1LabelSelector? selector)
    {
        if (selector is null)
        {
            return Nothing;
        }

        List<LabelRequirement> requirements = [];
        foreach (var (key, value) in selector.MatchLabels ?? new Dictionary<string, string>())
        {
            requirements.Add(LabelRequirement.Create(key, LabelOperator.In, [value]));
        }

        foreach (var expression in selector.MatchExpressions ?? [])
        {
            var operation = expression.OperatorProperty switch
            {
                "In" => LabelOperator.In,
                "NotIn" => LabelOperator.NotIn,
                "Exists" => LabelOperator.Exists,
                "DoesNotExist" => LabelOperator.DoesNotExist,
                var other => throw new FormatException(
                    $"'{other}' is not an operator of a label selector. Expected In, NotIn, Exists or DoesNotExist for the key '{expression.Key}'."),
            };
            requirements.Add(LabelRequirement.Create(expression.Key, operation, [.. expression.Values ?? []]));
        }

        return requirements.Count == 0 ? Everything : new LabelSelector(requirements);
    }

    /// <summary>The labels satisfy every requirement. <see langword="null"/> stands for no labels.</summary>
    public bool Matches(IDictionary<string, string>? labels)
    {
        if (IsNothing)
        {
            return false;
        }

        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The object's labels satisfy every requirement.</summary>
    public bool Matches(IMetadata<V1ObjectMeta> resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return IsEverything || (resource is DynamicObject dynamic ? Matches(dynamic) : Matches(resource.Metadata?.Labels));
    }

    /// <summary>The same, of labels that stay undecoded.</summary>
    internal bool Matches(DynamicObject labelled)
    {
        if (IsNothing)
        {
            return false;
        }

        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labelled))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Each requirement of <paramref name="other"/> is one of this selector's: what this one matches, the other one matches too.</summary>
    internal bool HasAllOf(LabelSelector other) =>
        IsNothing || (!other.IsNothing && other._requirements.All(asked => _requirements.Any(mine => mine.ToString() == asked.ToString())));

    /// <inheritdoc/>
    public bool Equals(LabelSelector? other) => other is not null && IsNothing == other.IsNothing && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelSelector);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsNothing, _text);

    /// <summary>The canonical text, with requirements in order; what the API's <c>labelSelector</c> takes.</summary>
    public override string ToString() => IsNothing ? "<nothing>" : _text;
}
