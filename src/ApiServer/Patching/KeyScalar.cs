using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>A scalar that identifies a list item. Ordered as Kubernetes orders them: numbers, strings, booleans, the rest.</summary>
/// <param name="Rank">The type's place in the order.</param>
/// <param name="Number">The value of a number; 0 or 1 of a boolean.</param>
/// <param name="Text">The value of a string; the JSON text of anything else, which integers do not need.</param>
internal readonly record struct KeyScalar(int Rank, double Number, string? Text) : IComparable<KeyScalar>
{
    private const int NumberRank = 0;
    private const int StringRank = 1;
    private const int BooleanRank = 2;
    private const int OtherRank = 3;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static KeyScalar From(JsonNode? node)
    {
        switch (node?.GetValueKind())
        {
            case JsonValueKind.String:
                return new KeyScalar(StringRank, 0, node.GetValue<string>());
            case JsonValueKind.Number:
                if (node is JsonValue value && value.TryGetValue<int>(out var integer))
                {
                    return new KeyScalar(NumberRank, integer, null);
                }

                var text = node.ToJsonString();
                return new KeyScalar(NumberRank, double.Parse(text, CultureInfo.InvariantCulture), text);
            case JsonValueKind.True:
                return new KeyScalar(BooleanRank, 1, "true");
            case JsonValueKind.False:
                return new KeyScalar(BooleanRank, 0, "false");
            default:
                return new KeyScalar(OtherRank, 0, node is null ? "null" : node.ToJsonString(Relaxed));
        }
    }

    public string ToJson() => Rank == StringRank ? Quote(Text!) : Text ?? ((int)Number).ToString(CultureInfo.InvariantCulture);

    public int CompareTo(KeyScalar other)
    {
        if (Rank != other.Rank)
        {
            return Rank.CompareTo(other.Rank);
        }

        return Rank is NumberRank or BooleanRank ? Number.CompareTo(other.Number) : string.CompareOrdinal(Text, other.Text);
    }

    // 80 and 80.0 are the same key.
    public bool Equals(KeyScalar other) => CompareTo(other) == 0;

    public override int GetHashCode() => Rank is NumberRank or BooleanRank ? HashCode.Combine(Rank, Number) : HashCode.Combine(Rank, Text);

    internal static string Quote(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
