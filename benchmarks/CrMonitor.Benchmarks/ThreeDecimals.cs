using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks;

/// <summary>Rounds what is measured: more digits say nothing.</summary>
internal sealed class ThreeDecimals : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(Math.Round(value, 3));
}
