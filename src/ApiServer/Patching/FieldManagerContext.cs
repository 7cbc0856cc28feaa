using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Patching;

/// <summary>Who writes an object, how and when: what the tracking of field managers needs to know of a request.</summary>
internal sealed record FieldManagerContext
{
    private static readonly FieldSet Status = FieldSet.Of(["status"]);
    private static readonly FieldSet MetadataAndSpec = FieldSet.Of(["metadata"], ["spec"]);

    /// <summary>The schema of the version that is written.</summary>
    public required StructuralSchema Schema { get; init; }

    /// <summary>The version that is written, such as <c>example.com/v1</c>.</summary>
    public required string ApiVersion { get; init; }

    public required string Kind { get; init; }

    /// <summary>The field manager; see <see cref="ManagedFields.ManagerName"/>.</summary>
    public required string Manager { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The subresource that is written, such as <c>status</c>; <see langword="null"/> for the object itself.</summary>
    public string? Subresource { get; init; }

    /// <summary>Whether the kind has a status subresource, so that a write of the object itself leaves the status alone.</summary>
    public bool HasStatus { get; init; }

    /// <summary>
    /// Whether the kind is a custom resource: an empty list of managed fields in an update of one says nothing, while it ends the tracking of a
    /// built-in kind.
    /// </summary>
    public bool IsCustomResource { get; init; }

    /// <summary>Whether an apply takes over the fields of others, instead of answering with a conflict.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// The schema of another version of the kind, in which some manager may have written; <see langword="null"/> for a version that is served no
    /// more.
    /// </summary>
    public Func<string, StructuralSchema?>? FindSchema { get; init; }

    /// <summary>The schema of a version; <see langword="null"/> for one that is served no more.</summary>
    public StructuralSchema? SchemaOf(string apiVersion) => apiVersion == ApiVersion || FindSchema is null ? Schema : FindSchema(apiVersion);

    /// <summary>The fields that this kind of write leaves alone, so that nobody comes to own them by it.</summary>
    public FieldSet ResetFields => Subresource == "status" ? MetadataAndSpec : HasStatus ? Status : FieldSet.Empty;
}
