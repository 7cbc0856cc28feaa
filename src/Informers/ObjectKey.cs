using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>The identity of an object within its kind: namespace and name.</summary>
/// <param name="Namespace">The namespace; <see langword="null"/> for a cluster-scoped object.</param>
/// <param name="Name">The name, never empty for an object that a server has accepted.</param>
/// <remarks>
/// Its text is <c>namespace/name</c>, or <c>name</c> alone for a cluster-scoped object, as client-go's <c>MetaNamespaceKeyFunc</c> writes it.
/// An object that was deleted and created again has the same key and another uid.
/// </remarks>
public readonly record struct ObjectKey(string? Namespace, string Name)
{
    /// <summary>Reads <c>namespace/name</c> or <c>name</c>.</summary>
    /// <exception cref="FormatException">The text has more than one slash, or an empty part.</exception>
    public static ObjectKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('/');
        return parts switch
        {
            [{ Length: > 0 } name] => new ObjectKey(null, name),
            [{ Length: > 0 } ns, { Length: > 0 } name] => new ObjectKey(ns, name),
            _ => throw new FormatException($"'{text}' is not an object key. Expected 'name' or 'namespace/name'."),
        };
    }

    /// <summary>The key of an object that carries its metadata.</summary>
    public static ObjectKey Of(IMetadata<V1ObjectMeta> resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (resource is DynamicObject dynamic)
        {
            // It knows its key without decoding metadata.
            return dynamic.Key;
        }

        var metadata = resource.Metadata;
        return new ObjectKey(string.IsNullOrEmpty(metadata.NamespaceProperty) ? null : metadata.NamespaceProperty, metadata.Name);
    }

    /// <inheritdoc/>
    // The name first: it tells more keys apart.
    public bool Equals(ObjectKey other) => string.Equals(Name, other.Name) && string.Equals(Namespace, other.Namespace);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        (Name?.GetHashCode(StringComparison.Ordinal) ?? 0) ^ ((Namespace?.GetHashCode(StringComparison.Ordinal) ?? 0) * 31);

    /// <inheritdoc/>
    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
