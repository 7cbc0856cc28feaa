using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Storage;

/// <summary>Reads JSON as Kubernetes does: of a field that is given twice the last one counts, and clients that ask for it are told.</summary>
internal static class JsonText
{
    public const int MaximumDepth = 1000;

    [ThreadStatic]
    private static JsonScratch? _first;

    [ThreadStatic]
    private static JsonScratch? _second;

    private static readonly JsonWriterOptions Pretty =
        new() { Indented = true, NewLine = "\n", MaxDepth = MaximumDepth, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaximumDepth, AllowDuplicateProperties = false };

    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> json, out IReadOnlyList<string> duplicates)
    {
        duplicates = [];
        json = Repaired(json);
        try
        {
            return JsonNode.Parse(json, documentOptions: Strict);
        }
        catch (JsonException)
        {
            // Either a field stands twice, which is to be read field by field, or this throws again.
            var found = new List<string>();
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
            reader.Read();
            var node = Read(ref reader, "", found);
            if (reader.Read())
            {
                throw;
            }

            duplicates = found;
            return node;
        }
    }

    /// <summary>
    /// Whether two nodes are written alike, their members in the same order. Two copies of one text are told without being taken apart.
    /// </summary>
    public static bool IsSameText(JsonNode a, JsonNode b) =>
        (_first ??= new JsonScratch()).Write(a).SequenceEqual((_second ??= new JsonScratch()).Write(b));

    /// <summary>Whether two nodes are equal as JSON. It is quick where they are written alike, which most are.</summary>
    public static bool AreEqual(JsonNode? a, JsonNode? b) =>
        a is JsonObject or JsonArray && b is JsonObject or JsonArray && IsSameText(a, b) || JsonNode.DeepEquals(a, b);

    /// <summary>JSON for people: a member a line, indented by two.</summary>
    public static byte[] ToPrettyUtf8(JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Pretty))
        {
            node.WriteTo(writer);
        }

        return buffer.ToArray();
    }

    // Half of a surrogate pair is no character: it becomes the one that stands for what cannot be shown.
    private static ReadOnlySpan<byte> Repaired(ReadOnlySpan<byte> json)
    {
        const int Length = 6;
        byte[]? copy = null;
        for (var at = 0; json[at..].IndexOf("\\u"u8) is >= 0 and var found;)
        {
            at += found;
            if ((at - json[..at].LastIndexOfAnyExcept((byte)'\\')) % 2 == 0)
            {
                // The backslash is itself escaped.
                at++;
                continue;
            }

            if (Surrogate(json, at) is not { } unit)
            {
                at += 2;
            }
            else if (char.IsHighSurrogate(unit) && Surrogate(json, at + Length) is { } second && char.IsLowSurrogate(second))
            {
                at += 2 * Length;
            }
            else
            {
                copy ??= json.ToArray();
                "\\ufffd"u8.CopyTo(copy.AsSpan(at));
                at += Length;
            }
        }

        return copy ?? json;

        static char? Surrogate(ReadOnlySpan<byte> json, int at) =>
            at + Length <= json.Length && json[at..].StartsWith("\\u"u8)
            && ushort.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            && char.IsSurrogate((char)unit)
                ? (char)unit
                : null;
    }

    /// <summary>Finds a number that no 64-bit float can hold.</summary>
    /// <returns>Its text; <see langword="null"/> if there is none.</returns>
    public static string? FindHugeNumber(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number && reader.ValueSpan.IndexOfAny("eE"u8) >= 0 && !double.IsFinite(reader.GetDouble()))
            {
                return Encoding.UTF8.GetString(reader.ValueSpan);
            }
        }

        return null;
    }

    /// <summary>Reads an object that this server has written.</summary>
    public static JsonObject ParseObject(ReadOnlyMemory<byte> json) =>
        (JsonObject)JsonNode.Parse(json.Span, documentOptions: new JsonDocumentOptions { MaxDepth = MaximumDepth })!;

    /// <summary>Reads the string (or number or boolean, as text) at a path of fields without reading the rest.</summary>
    /// <returns>An empty string if there is none.</returns>
    public static string FindText(ReadOnlySpan<byte> json, ReadOnlySpan<string> path)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
        reader.Read();
        foreach (var field in path)
        {
            if (reader.TokenType != JsonTokenType.StartObject || !TryEnter(ref reader, field))
            {
                return "";
            }
        }

        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => Encoding.UTF8.GetString(reader.ValueSpan),
            _ => "",
        };
    }

    private static bool TryEnter(ref Utf8JsonReader reader, string field)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(field);
            reader.Read();
            if (isIt)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private static JsonNode? Read(ref Utf8JsonReader reader, string path, List<string> duplicates)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var obj = new JsonObject();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = reader.GetString()!;
                    var child = path.Length == 0 ? name : $"{path}.{name}";
                    if (obj.ContainsKey(name))
                    {
                        duplicates.Add(child);
                    }

                    reader.Read();
                    obj[name] = Read(ref reader, child, duplicates);
                }

                return obj;

            case JsonTokenType.StartArray:
                var array = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    array.Add(Read(ref reader, $"{path}[{array.Count}]", duplicates));
                }

                return array;

            case JsonTokenType.Null:
                return null;

            default:
                return JsonValue.Create(JsonElement.ParseValue(ref reader));
        }
    }
}
