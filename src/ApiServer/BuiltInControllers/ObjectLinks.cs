using System.Text.Json;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>What the metadata of an object says of its owners and its deletion.</summary>
internal sealed record ObjectLinks
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    public static readonly ObjectLinks None = new();

    public IReadOnlyList<OwnerReference> Owners { get; init; } = [];

    public bool IsDeleting { get; init; }

    /// <summary>Whether its deletion waits for its dependents to be deleted.</summary>
    public bool WaitsForDependents { get; init; }

    /// <summary>Whether its deletion waits for its dependents to be let go.</summary>
    public bool OrphansDependents { get; init; }

    /// <summary>Reads them out of an object.</summary>
    public static ObjectLinks Read(ReadOnlyMemory<byte> json)
    {
        if (!AreIn(json.Span))
        {
            return None;
        }

        using var document = JsonDocument.Parse(json);
        if (!document.RootElement.TryGetProperty("metadata"u8, out var metadata))
        {
            return None;
        }

        var isDeleting = metadata.TryGetProperty("deletionTimestamp"u8, out var time) && time.ValueKind == JsonValueKind.String;
        return new ObjectLinks
        {
            Owners = [.. Items(metadata, "ownerReferences").Select(static owner => new OwnerReference(
                Text(owner, "apiVersion"),
                Text(owner, "kind"),
                Text(owner, "name"),
                Text(owner, "uid"),
                IsTrue(owner, "blockOwnerDeletion"),
                IsTrue(owner, "controller")))],
            IsDeleting = isDeleting,
            WaitsForDependents = isDeleting && Items(metadata, "finalizers").Any(static finalizer => finalizer.ValueEquals(ForegroundFinalizer)),
            OrphansDependents = isDeleting && Items(metadata, "finalizers").Any(static finalizer => finalizer.ValueEquals(OrphanFinalizer)),
        };
    }

    /// <summary>Whether the object may have owners or a deletion time. Most have neither: then there is nothing to parse.</summary>
    public static bool AreIn(ReadOnlySpan<byte> json) => json.IndexOf("\"ownerReferences\""u8) >= 0 || json.IndexOf("\"deletionTimestamp\""u8) >= 0;

    public bool IsSameAs(ObjectLinks other) =>
        IsDeleting == other.IsDeleting
        && WaitsForDependents == other.WaitsForDependents
        && OrphansDependents == other.OrphansDependents
        && Owners.SequenceEqual(other.Owners);

    private static JsonElement.ArrayEnumerator Items(JsonElement metadata, string name) =>
        metadata.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default;

    private static bool IsTrue(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
