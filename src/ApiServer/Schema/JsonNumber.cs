using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>
/// A JSON number as a Kubernetes API server reads it: a 64-bit integer where it is written as one and fits, a double otherwise. Hence
/// <c>2.0</c> is no integer here.
/// </summary>
internal readonly record struct JsonNumber(bool IsInteger, long Integer, double Float)
{
    public double AsDouble => IsInteger ? Integer : Float;

    /// <summary>The number that a node holds; <see langword="null"/> where it holds none.</summary>
    public static JsonNumber? From(JsonNode? node)
    {
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
        {
            return null;
        }

        if (value.TryGetValue<JsonElement>(out var element))
        {
            return element.TryGetInt64(out var integer) ? Of(integer) : new JsonNumber(false, 0, element.GetDouble());
        }

        if (value.TryGetValue<long>(out var asLong))
        {
            return Of(asLong);
        }

        if (value.TryGetValue<int>(out var asInt))
        {
            return Of(asInt);
        }

        // A number that code of this process put in as another CLR type: its JSON text says what a client would see.
        var text = value.ToJsonString();
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed)
            ? Of(parsed)
            : new JsonNumber(false, 0, double.Parse(text, CultureInfo.InvariantCulture));
    }

    private static JsonNumber Of(long value) => new(true, value, 0);
}
