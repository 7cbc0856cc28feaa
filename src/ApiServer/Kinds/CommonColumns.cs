namespace CrMonitor.ApiServer.Kinds;

/// <summary>The columns that most kinds have.</summary>
internal static class CommonColumns
{
    private const string AgeDescription =
        "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across "
        + "separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. "
        + "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

    public static PrinterColumn Name { get; } = new(
        "Name",
        "string",
        ".metadata.name",
        "name",
        "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an "
        + "appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. "
        + "More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names");

    /// <summary>The age of a built-in kind, which is a string to clients.</summary>
    public static PrinterColumn Age { get; } = new("Age", "string", ".metadata.creationTimestamp", Description: AgeDescription)
    {
        Cell = (obj, now) => HumanDuration.Since(obj["metadata"].Get("creationTimestamp"), now),
    };

    /// <summary>The time of creation, as CustomResourceDefinitions show it.</summary>
    public static PrinterColumn CreatedAt { get; } = new("Created At", "date", ".metadata.creationTimestamp", Description: AgeDescription)
    {
        Cell = (obj, _) => obj["metadata"].Get("creationTimestamp")?.DeepClone(),
    };

    /// <summary>The age of a custom resource that names no columns.</summary>
    public static PrinterColumn CustomAge { get; } = new("Age", "date", ".metadata.creationTimestamp", Description: AgeDescription);
}
