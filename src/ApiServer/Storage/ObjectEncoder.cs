using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Storage;

/// <summary>Writes objects as JSON.</summary>
internal static class ObjectEncoder
{
    [ThreadStatic]
    private static JsonScratch? _scratch;

    /// <summary>Makes a draft of <paramref name="obj"/>, which has apiVersion, name and uid.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="former">The version before it, with which it shares what it can.</param>
    /// <param name="likelyRevision">The revision that it may get: if that has as many digits as the real one, nothing needs to be moved for it.</param>
    public static StoredObject Encode(JsonObject obj, StoredObject? former, long likelyRevision)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        var scratch = _scratch ??= new JsonScratch();
        var writer = scratch.Begin();
        var versionStart = 0;
        Span<byte> version = stackalloc byte[20];
        _ = likelyRevision.TryFormat(version, out var versionLength, provider: CultureInfo.InvariantCulture);

        writer.WriteStartObject();
        foreach (var (name, value) in obj)
        {
            writer.WritePropertyName(name);
            if (name != "metadata")
            {
                Write(writer, value);
                continue;
            }

            writer.WriteStartObject();
            foreach (var (field, fieldValue) in metadata)
            {
                if (field != "resourceVersion")
                {
                    writer.WritePropertyName(field);
                    Write(writer, fieldValue);
                }
            }

            writer.WriteString("resourceVersion"u8, version[..versionLength]);
            versionStart = checked((int)(writer.BytesCommitted + writer.BytesPending)) - 1 - versionLength;
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        var (ns, objectName, uid) = (String(metadata, "namespace"), String(metadata, "name"), String(metadata, "uid"));
        var isSame = former is not null && ns == former.Namespace && objectName == former.Name && uid == former.Uid;
        return new StoredObject(
            isSame ? former!.Key : StoredObject.KeyOf(ns, objectName),
            isSame ? former!.Namespace : ns,
            isSame ? former!.Name : objectName,
            isSame ? former!.Uid : uid,
            string.Intern(String(obj, "apiVersion")),
            Labels(metadata, former),
            revision: 0,
            scratch.End().ToArray(),
            versionStart,
            versionLength);
    }

    public static byte[] ToUtf8(JsonNode node) => (_scratch ??= new JsonScratch()).Write(node).ToArray();

    private static void Write(Utf8JsonWriter writer, JsonNode? value)
    {
        if (value is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    private static string String(JsonObject obj, string name) => obj[name]?.GetValue<string>() ?? "";

    private static IReadOnlyDictionary<string, string> Labels(JsonObject metadata, StoredObject? former)
    {
        if (metadata["labels"] is not JsonObject { Count: > 0 } labels)
        {
            return StoredObject.NoLabels;
        }

        if (former is not null
            && former.Labels.Count == labels.Count
            && labels.All(l => former.Labels.TryGetValue(l.Key, out var value) && value == (l.Value?.GetValue<string>() ?? "")))
        {
            return former.Labels;
        }

        // Keys and values of labels repeat over many objects; their strings are shared.
        return labels.ToDictionary(
            static l => string.Intern(l.Key), static l => string.Intern(l.Value?.GetValue<string>() ?? ""), StringComparer.Ordinal);
    }
}
