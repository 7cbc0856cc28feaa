namespace CrMonitor.Informers;

/// <summary>
/// An object that the server has, and whose latest state cannot be decoded or is too large. The cache shows its last readable state, if there was
/// one.
/// </summary>
/// <remarks>It leaves <see cref="ISharedInformer.InvalidObjects"/> when a readable state of it comes, or when it is deleted. Immutable.</remarks>
public sealed class InvalidObject
{
    /// <summary>The object.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>Its uid; <see langword="null"/> if it cannot be read.</summary>
    public required string? Uid { get; init; }

    /// <summary>The version that is invalid; <see langword="null"/> if it cannot be read.</summary>
    public required string? ResourceVersion { get; init; }

    /// <summary>Why it is invalid.</summary>
    public required Exception Error { get; init; }

    /// <summary>Where in the object the fault is, such as <c>$.spec.replicas</c>; <see langword="null"/> if it is nowhere in particular.</summary>
    public required string? JsonPath { get; init; }

    /// <summary>The object as it came, without its managed fields if those are not kept; of an object that is too large, its beginning.</summary>
    /// <value>Empty unless <see cref="SharedInformerFactoryOptions.KeepInvalidBytes"/> is set.</value>
    public required ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>The key, the path and the error, for people.</summary>
    public override string ToString() => JsonPath is null ? $"{Key}: {Error.Message}" : $"{Key} at {JsonPath}: {Error.Message}";
}
