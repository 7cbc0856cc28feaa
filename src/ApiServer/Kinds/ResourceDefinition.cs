using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>One resource in one version, as the server serves it. Immutable: a changed CustomResourceDefinition makes a new one.</summary>
internal sealed record ResourceDefinition
{
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public required string Kind { get; init; }

    public required string ListKind { get; init; }

    public required bool IsNamespaced { get; init; }

    public required StructuralSchema Schema { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public bool HasStatus { get; init; }

    public IReadOnlyList<PrinterColumn> PrinterColumns { get; init; } = [];

    /// <summary>What is special about a built-in kind: its defaults, its validation, how it is stored. The plain custom resource otherwise.</summary>
    public required ResourceStrategy Strategy { get; init; }

    /// <summary>Under what the objects of all versions are stored: <c>plural.group</c>.</summary>
    public string StorageKey => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}
