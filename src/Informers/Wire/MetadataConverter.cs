using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Lets the serializer read metadata, wherever in an object they stand, by <see cref="MetadataReader"/>.</summary>
internal sealed class MetadataConverter(bool keepManagedFields) : JsonConverter<V1ObjectMeta>
{
    public override V1ObjectMeta Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        MetadataReader.Read(ref reader, keepManagedFields);

    public override void Write(Utf8JsonWriter writer, V1ObjectMeta value, JsonSerializerOptions options) =>
        throw new NotSupportedException("This contract decodes; objects are written by the contract of their resource.");
}
