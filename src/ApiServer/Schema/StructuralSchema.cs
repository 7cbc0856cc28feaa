using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>
/// One node of a structural schema (apiextensions.k8s.io/v1 <c>JSONSchemaProps</c>), parsed once. Immutable: shared by all requests.
/// </summary>
internal sealed record StructuralSchema
{
    /// <summary>
    /// <c>object</c>, <c>array</c>, <c>string</c>, <c>integer</c>, <c>number</c> or <c>boolean</c>; empty where the schema does not say.
    /// </summary>
    public string Type { get; init; } = "";

    public string? Format { get; init; }

    public string? Description { get; init; }

    public bool IsNullable { get; init; }

    public JsonNode? Default { get; init; }

    public IReadOnlyDictionary<string, StructuralSchema> Properties { get; init; } = new Dictionary<string, StructuralSchema>();

    public StructuralSchema? Items { get; init; }

    /// <summary>The schema of the values of a map; <see langword="null"/> where none is given.</summary>
    public StructuralSchema? AdditionalProperties { get; init; }

    /// <summary><c>additionalProperties: true</c>: any further field is kept, but objects below it are pruned to nothing.</summary>
    public bool AllowsAdditionalProperties { get; init; }

    /// <summary><c>x-kubernetes-preserve-unknown-fields</c>.</summary>
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

    /// <summary>
    /// <c>x-kubernetes-patch-merge-key</c>: the key that Kubernetes' strategic merge patch uses for this list of objects; for a list of
    /// scalars that merges, the empty string. Built-in kinds only.
    /// </summary>
    public string? PatchMergeKey { get; init; }

    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>The values that are allowed; <see langword="null"/> where any is.</summary>
    public IReadOnlyList<JsonNode?>? Enum { get; init; }

    public GoPattern? Pattern { get; init; }

    public double? Minimum { get; init; }

    public bool IsMinimumExclusive { get; init; }

    public double? Maximum { get; init; }

    public bool IsMaximumExclusive { get; init; }

    public double? MultipleOf { get; init; }

    public long? MinLength { get; init; }

    public long? MaxLength { get; init; }

    public long? MinItems { get; init; }

    public long? MaxItems { get; init; }

    public bool HasUniqueItems { get; init; }

    public long? MinProperties { get; init; }

    public long? MaxProperties { get; init; }

    public IReadOnlyList<StructuralSchema> AllOf { get; init; } = [];

    public IReadOnlyList<StructuralSchema> AnyOf { get; init; } = [];

    public IReadOnlyList<StructuralSchema> OneOf { get; init; } = [];

    public StructuralSchema? Not { get; init; }

    /// <summary>
    /// Reads a schema that <see cref="SchemaRules"/> found structural, or one of a built-in kind.
    /// </summary>
    /// <exception cref="FormatException">
    /// A keyword has a value of the wrong type, or the pattern is no regular expression. The message names the path.
    /// </exception>
    public static StructuralSchema Parse(JsonNode jsonSchemaProps) => SchemaParser.Parse(jsonSchemaProps);

    /// <summary>The schema of one field of an object: its property's, else that of the map's values, else <see langword="null"/>.</summary>
    public StructuralSchema? ForField(string name) => Properties.TryGetValue(name, out var property) ? property : AdditionalProperties;

    /// <summary>
    /// This schema of a whole object, with the known fields of apiVersion, kind and metadata in place of what it says of them. Only what it
    /// says of <c>metadata.name</c> and <c>metadata.generateName</c> stays: a CustomResourceDefinition may restrict no more than these.
    /// </summary>
    public StructuralSchema AsResource()
    {
        var metadata = ObjectMeta.Schema;
        if (Properties.TryGetValue("metadata", out var own) && own.Properties.Count > 0)
        {
            var fields = new Dictionary<string, StructuralSchema>(metadata.Properties);
            foreach (var (name, field) in own.Properties)
            {
                fields[name] = field;
            }

            metadata = metadata with { Properties = fields };
        }

        return this with
        {
            Properties = new Dictionary<string, StructuralSchema>(Properties)
            {
                ["apiVersion"] = new() { Type = "string" },
                ["kind"] = new() { Type = "string" },
                ["metadata"] = metadata,
            },
        };
    }
}
