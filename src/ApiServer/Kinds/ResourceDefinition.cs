using System.Text.Json.Nodes;
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

    /// <summary>The schema of the whole object; its <c>metadata</c> is that of every object.</summary>
    public required StructuralSchema Schema { get; init; }

    /// <summary>The schema as JSON, for OpenAPI. Shared: never to be changed.</summary>
    public required JsonObject SchemaSource { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public bool HasStatus { get; init; }

    /// <summary>The scale subresource; <see langword="null"/> where there is none.</summary>
    public ScaleSubresource? Scale { get; init; }

    public IReadOnlyList<PrinterColumn> PrinterColumns { get; init; } = [];

    /// <summary>The fields by which a field selector may select, beside <c>metadata.name</c> and <c>metadata.namespace</c>.</summary>
    public IReadOnlyList<SelectableField> SelectableFields { get; init; } = [];

    /// <summary>What is special about a built-in kind: its defaults, its validation, how it is stored. The plain custom resource otherwise.</summary>
    public required ResourceStrategy Strategy { get; init; }

    /// <summary>The version's <c>deprecationWarning</c>, to be sent with each answer; <see langword="null"/> where it is not deprecated.</summary>
    public string? DeprecationWarning { get; init; }

    /// <summary>
    /// The resource under whose name the objects are stored, where it is another one's (events.k8s.io events are stored as core events).
    /// </summary>
    public string? StoredAs { get; init; }

    /// <summary>The <c>apiVersion</c> in which objects are stored; <see cref="ResourceStrategy.ConvertToStorage"/> leads to it.</summary>
    public required string StorageApiVersion { get; init; }

    /// <summary>Under what the objects of all versions are stored: <c>plural.group</c>.</summary>
    public string StorageKey => StoredAs ?? (Group.Length == 0 ? Plural : $"{Plural}.{Group}");

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The field that a field selector names, or <see langword="null"/>: then the selector is refused.</summary>
    public SelectableField? FindSelectableField(string name)
    {
        if (name == SelectableField.Name.Label)
        {
            return SelectableField.Name;
        }

        if (name == SelectableField.Namespace.Label)
        {
            return SelectableField.Namespace;
        }

        foreach (var field in SelectableFields)
        {
            if (field.Label == name)
            {
                return field;
            }
        }

        return null;
    }
}
