using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Patching;

/// <summary>
/// A place in a schema as merging sees it. Where the schema says nothing (unknown fields that are preserved, maps without a schema),
/// the type is deduced from the value: maps merge by key, lists are atomic.
/// </summary>
internal readonly struct SchemaPosition
{
    private static readonly StructuralSchema Text = new() { Type = "string" };

    private readonly StructuralSchema? _schema;

    // An object of the API: apiVersion, kind and metadata are those of every object, whatever its schema says.
    private readonly bool _isResource;

    // x-kubernetes-preserve-unknown-fields holds for everything below the schema that has it.
    private readonly bool _preservesUnknown;

    private SchemaPosition(StructuralSchema? schema, bool isResource, bool preservesUnknown)
    {
        _schema = schema;
        _isResource = isResource;
        _preservesUnknown = preservesUnknown || schema is { PreservesUnknownFields: true };
    }

    /// <summary>Whether this is the metadata of an object.</summary>
    public bool IsObjectMeta => ReferenceEquals(_schema, ObjectMeta.Schema);

    public bool IsAtomicMap => _schema is { IsAtomicMap: true };

    public bool IsAtomicList => _schema is null || _schema.ListType is not ("set" or "map");

    public bool IsSet => _schema is { ListType: "set" };

    public IReadOnlyList<string> ListMapKeys => _schema?.ListMapKeys ?? [];

    /// <summary>The type that the schema demands; empty for any.</summary>
    public string Type => _schema is null or { IsIntOrString: true } ? "" : _schema.Type;

    /// <summary>The key by which a strategic merge patch merges a list of objects.</summary>
    public string? PatchMergeKey => _schema?.PatchMergeKey is { Length: > 0 } key ? key : null;

    /// <summary>Whether a strategic merge patch merges a list by its values.</summary>
    public bool PatchMergesValues => _schema?.PatchMergeKey is "";

    public bool IsFormatted => _schema is { Type: "string", Format: not (null or "" or "byte") };

    public JsonNode? Default => _schema?.Default;

    public SchemaPosition Item => new(_schema?.Items, _schema?.Items is { IsEmbeddedResource: true }, _preservesUnknown);

    public static SchemaPosition OfResource(StructuralSchema schema) => new(schema, isResource: true, preservesUnknown: false);

    /// <summary>Whether the schema names the field, rather than allowing it among others.</summary>
    public bool DeclaresField(string name) =>
        (_isResource && name is "apiVersion" or "kind" or "metadata") || (_schema is not null && _schema.Properties.ContainsKey(name));

    /// <summary>
    /// The position of a field; <see langword="false"/> where the schema does not allow it, and then the position is one without a schema.
    /// </summary>
    public bool TryField(string name, out SchemaPosition field)
    {
        if (_isResource && name is "apiVersion" or "kind" or "metadata")
        {
            field = new SchemaPosition(name == "metadata" ? ObjectMeta.Schema : Text, false, false);
            return true;
        }

        if (_schema is null)
        {
            field = default;
            return true;
        }

        if (_schema.Properties.TryGetValue(name, out var property) || (property = _schema.AdditionalProperties) is not null)
        {
            field = new SchemaPosition(property, property.IsEmbeddedResource, _preservesUnknown);
            return true;
        }

        field = new SchemaPosition(null, false, _preservesUnknown);
        return _preservesUnknown || _schema.Properties.Count == 0;
    }

    public SchemaPosition Field(string name)
    {
        TryField(name, out var field);
        return field;
    }

    public SchemaPosition Below(PathElement element) => element.Kind == PathElementKind.Field ? Field(element.FieldName) : Item;

    /// <summary>How a value at this place is walked. A null takes the form that the schema gives it.</summary>
    public NodeKind KindOf(JsonNode? value) => value switch
    {
        JsonObject => NodeKind.Map,
        JsonArray => NodeKind.List,
        null => Type switch
        {
            "object" or "" => NodeKind.Map,
            "array" => NodeKind.List,
            _ => NodeKind.Scalar,
        },
        _ => NodeKind.Scalar,
    };
}
