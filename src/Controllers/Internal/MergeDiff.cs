using System.Runtime.InteropServices;
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
            if (IsTakenAway(property, desired))
            {
                writer.WriteNull(property.Name);
            }
        }

        foreach (var property in desired.EnumerateObject())
        {
            var from = ValueOf(property, current);
            if (!IsSet(property.Value, from))
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

    /// <summary>The merge patch between the two would have properties other than the <paramref name="ignored"/> ones.</summary>
    public static bool Differ(JsonElement current, JsonElement desired, IReadOnlyCollection<string> ignored)
    {
        foreach (var property in desired.EnumerateObject())
        {
            if (IsSet(property.Value, ValueOf(property, current)) && !ignored.Contains(property.Name))
            {
                return true;
            }
        }

        foreach (var property in current.EnumerateObject())
        {
            if (IsTakenAway(property, desired) && !ignored.Contains(property.Name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsTakenAway(JsonProperty property, JsonElement desired) =>
        property.Value.ValueKind != JsonValueKind.Null && ValueOf(property, desired) is null;

    private static bool IsSet(JsonElement desired, JsonElement? current) => (current, desired.ValueKind) switch
    {
        (_, JsonValueKind.Null) => false,
        (null, _) => true,
        ({ ValueKind: JsonValueKind.Object } from, JsonValueKind.Object) => Differ(from, desired, ignored: []),
        ({ } from, _) => !JsonElement.DeepEquals(from, desired),
    };

    /// <summary>What <paramref name="owner"/> has under the name of <paramref name="property"/>.</summary>
    private static JsonElement? ValueOf(JsonProperty property, JsonElement owner)
    {
        // As it is written, without a string of it, unless it is escaped.
        var name = JsonMarshal.GetRawUtf8PropertyName(property);
        var isThere = name.Contains((byte)'\\') ? owner.TryGetProperty(property.Name, out var value) : owner.TryGetProperty(name, out value);
        return isThere && value.ValueKind != JsonValueKind.Null ? value : null;
    }
}
