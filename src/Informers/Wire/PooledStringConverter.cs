using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrMonitor.Informers;

/// <summary>Lets the serializer read strings through <see cref="StringPool"/>.</summary>
internal sealed class PooledStringConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.String
        ? MetadataReader.Pooled(ref reader)
        : throw new JsonException($"A string is expected, not {reader.TokenType}.");

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        MetadataReader.Pooled(ref reader)!;

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
