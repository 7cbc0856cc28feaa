using System.Text.Json;

namespace CrMonitor.Controllers;

/// <summary>Computes JSON merge patches between objects. A null says what a missing property says.</summary>
internal static class MergeDiff
{
    /// <summary>Writes the merge patch that leads from <paramref name="current"/> to <paramref name="desired"/>: an object, empty if they are equal.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement current, JsonElement desired)
    {
        writer.WriteStartObject();
        foreach (var property in current.EnumerateObject())
        {
            if (Value(property.Value) is not null && Value(desired, property.Name) is null)
            {
                writer.WriteNull(property.Name);
            }
        }

        foreach (var property in desired.EnumerateObject())
        {
            var from = Value(current, property.Name);
            if (!Differs(from, Value(property.Value)) || property.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            writer.WritePropertyName(property.Name);
            if (from is { ValueKind: JsonValueKind.Object } inner && property.Value.ValueKind == JsonValueKind.Object)
            {
                Write(writer, inner, property.Value);
            }
            else
            {
                property.Value.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>The names of the properties that a merge patch between the two would have.</summary>
    public static IEnumerable<string> NamesBetween(JsonElement current, JsonElement desired) => current.EnumerateObject()
        .Concat(desired.EnumerateObject())
        .Select(property => property.Name)
        .Distinct(StringComparer.Ordinal)
        .Where(name => Differs(Value(current, name), Value(desired, name)));

    private static bool Differs(JsonElement? current, JsonElement? desired) => (current, desired) switch
    {
        (null, null) => false,
        ({ ValueKind: JsonValueKind.Object } from, { ValueKind: JsonValueKind.Object } to) => NamesBetween(from, to).Any(),
        ({ } from, { } to) => !JsonElement.DeepEquals(from, to),
        _ => true,
    };

    private static JsonElement? Value(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) ? Value(value) : null;

    private static JsonElement? Value(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value;
}
