using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>The user's contract for a type, with metadata and strings read our way. What his own options convert, they go on converting.</summary>
internal static class DecodingContract
{
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> Known = [];
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> KnownWithManagedFields = [];

    public static JsonTypeInfo<T> Of<T>(JsonTypeInfo<T> json, bool keepManagedFields)
    {
        // A contract that its options do not know was made by hand. There is no other way to have it than as it is.
        if (json.Options.TypeInfoResolver is null || !json.Options.TryGetTypeInfo(typeof(T), out var known) || !ReferenceEquals(known, json))
        {
            return json;
        }

        var options = keepManagedFields
            ? KnownWithManagedFields.GetValue(json.Options, static original => Adapt(original, keepManagedFields: true))
            : Known.GetValue(json.Options, static original => Adapt(original, keepManagedFields: false));
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    private static JsonSerializerOptions Adapt(JsonSerializerOptions original, bool keepManagedFields)
    {
        var adapted = new JsonSerializerOptions(original) { Converters = { new MetadataConverter(keepManagedFields), new PooledStringConverter() } };
        if (original.TryGetTypeInfo(typeof(ResourceQuantity), out var quantity) && quantity.Converter is JsonConverter<ResourceQuantity> read)
        {
            adapted.Converters.Add(new PooledQuantityConverter(read));
        }

        return adapted;
    }
}
