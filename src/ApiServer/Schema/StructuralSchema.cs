using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>One node of a structural schema (apiextensions.k8s.io/v1 <c>JSONSchemaProps</c>), parsed once. Immutable.</summary>
internal sealed class StructuralSchema
{
    /// <summary><c>object</c>, <c>array</c>, <c>string</c>, <c>integer</c>, <c>number</c> or <c>boolean</c>; empty where the schema does not say.</summary>
    public string Type { get; init; } = "";

    public string? Format { get; init; }

    public string? Description { get; init; }

    public bool IsNullable { get; init; }

    public JsonNode? Default { get; init; }

    public IReadOnlyDictionary<string, StructuralSchema> Properties { get; init; } = new Dictionary<string, StructuralSchema>();

    public StructuralSchema? Items { get; init; }

    /// <summary>The schema of the values of a map; <see langword="null"/> where none is given.</summary>
    public StructuralSchema? AdditionalProperties { get; init; }

    /// <summary><c>x-kubernetes-preserve-unknown-fields</c>, or <c>additionalProperties: true</c>.</summary>
    public bool PreservesUnknownFields { get; init; }

    /// <summary><c>x-kubernetes-embedded-resource</c>: apiVersion, kind and metadata are known implicitly.</summary>
    public bool IsEmbeddedResource { get; init; }

    /// <summary><c>x-kubernetes-int-or-string</c>.</summary>
    public bool IsIntOrString { get; init; }

    /// <summary><c>x-kubernetes-list-type</c>: <c>atomic</c> (also when absent), <c>set</c> or <c>map</c>.</summary>
    public string ListType { get; init; } = "atomic";

    /// <summary><c>x-kubernetes-list-map-keys</c>, for list type <c>map</c>.</summary>
    public IReadOnlyList<string> ListMapKeys { get; init; } = [];

    /// <summary><c>x-kubernetes-map-type: atomic</c>.</summary>
    public bool IsAtomicMap { get; init; }

    /// <summary>The key that Kubernetes' strategic merge patch uses for this list of objects; built-in kinds only.</summary>
    public string? PatchMergeKey { get; init; }
}
