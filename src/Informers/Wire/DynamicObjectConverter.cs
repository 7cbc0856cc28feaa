using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrMonitor.Informers;

/// <summary>Lets the serializer read and write dynamic objects, as single calls of the API do.</summary>
internal sealed class DynamicObjectConverter : JsonConverter<DynamicObject>
{
    public override DynamicObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? DynamicObject.Own(JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray())
            : throw new JsonException($"A Kubernetes object is an object in JSON, not {document.RootElement.ValueKind}.");
    }

    public override void Write(Utf8JsonWriter writer, DynamicObject value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
}
