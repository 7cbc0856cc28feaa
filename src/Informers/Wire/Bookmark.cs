using System.Text.Json;

namespace CrMonitor.Informers;

/// <summary>What a BOOKMARK event says.</summary>
/// <param name="ResourceVersion">How far the server has come; <see langword="null"/> if it does not say.</param>
/// <param name="EndsInitialEvents">All objects of a streaming list have been sent.</param>
internal readonly record struct Bookmark(string? ResourceVersion, bool EndsInitialEvents)
{
    /// <exception cref="InvalidDataException">It is no JSON.</exception>
    public static Bookmark Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return Member(document.RootElement, "metadata") is { } metadata
                ? new Bookmark(
                    Text(Member(metadata, "resourceVersion")),
                    Member(metadata, "annotations") is { } annotations && Text(Member(annotations, "k8s.io/initial-events-end")) == "true")
                : default;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text in it is no UTF-8, or half of a surrogate pair.
            throw new InvalidDataException("The stream carried a bookmark that is not valid JSON.", e);
        }
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement? element) => element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
