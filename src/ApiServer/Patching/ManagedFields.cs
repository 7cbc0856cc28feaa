using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Patching;

/// <summary>Keeps <c>metadata.managedFields</c> as writes other than apply need it. Pure functions, safe for use from several threads.</summary>
internal static class ManagedFields
{
    private const int MaxManagerLength = 128;

    /// <summary>Who writes: the <c>fieldManager</c> of the request, else the first part of its user agent, else <c>unknown</c>.</summary>
    public static string ManagerName(string? fieldManager, string? userAgent)
    {
        if (!string.IsNullOrEmpty(fieldManager))
        {
            return fieldManager;
        }

        var name = new StringBuilder();
        foreach (var rune in (userAgent ?? "").Split('/')[0].EnumerateRunes())
        {
            if (!Rune.IsControl(rune))
            {
                if (Encoding.UTF8.GetByteCount(name.ToString()) + rune.Utf8SequenceLength > MaxManagerLength)
                {
                    break;
                }

                name.Append(rune);
            }
        }

        return name.Length == 0 ? "unknown" : name.ToString();
    }

    /// <summary>Writes the managed fields of a create, update or patch into <paramref name="updated"/>, in place.</summary>
    /// <param name="live">The stored object; <see langword="null"/> for a create. Not changed.</param>
    /// <param name="updated">
    /// The object to be stored, defaulted and pruned. Managed fields that the client sent are taken as the former ones; one empty entry drops them
    /// all.
    /// </param>
    /// <param name="context">Who writes.</param>
    public static void Update(JsonObject? live, JsonObject updated, FieldManagerContext context)
    {
        var sent = Take(updated);
        var managers = Former(live, sent, context);

        // Objects that are not tracked stay so until somebody applies.
        if (live is not null && managers.IsEmpty)
        {
            return;
        }

        managers.DropObsolete(context);
        managers.NoteUpdate(live, updated, context, context.Manager);
        managers.Cap();
        Put(updated, managers);
    }

    /// <summary>
    /// If a write changed nothing but times of managed fields, puts the former times back, so that the write is none. To be called last, when
    /// <paramref name="updated"/> is what would be stored, resourceVersion included. Changes <paramref name="updated"/> alone.
    /// </summary>
    /// <returns>Whether the two are equal now.</returns>
    public static bool KeepTimesIfUnchanged(JsonObject live, JsonObject updated)
    {
        if (live.Count != updated.Count)
        {
            return false;
        }

        foreach (var (name, value) in updated)
        {
            if (!live.TryGetPropertyValue(name, out var former) || (name == "metadata" ? !SameMetadata(former, value) : !JsonText.AreEqual(former, value)))
            {
                return false;
            }
        }

        var before = live["metadata"]?["managedFields"];
        var after = updated["metadata"]?["managedFields"];
        if (JsonText.AreEqual(before, after))
        {
            return true;
        }

        return before is JsonArray formerTimes && after is JsonArray newTimes && formerTimes.Count == newTimes.Count && KeepTimes(formerTimes, newTimes, updated);
    }

    private static bool KeepTimes(JsonArray before, JsonArray after, JsonObject updated)
    {

        // Times are part of the order, hence by identity.
        List<ManagedFieldsEntry> formerEntries;
        List<ManagedFieldsEntry> newEntries;
        try
        {
            formerEntries = [.. FieldManagers.Parse(before, checksFields: true).Entries];
            newEntries = [.. FieldManagers.Parse(after, checksFields: true).Entries];
        }
        catch (FormatException)
        {
            // Entries that nobody can read have no times to keep; they are stored as they are.
            return false;
        }

        foreach (var entry in newEntries)
        {
            var former = formerEntries.Find(other => other.Identity == entry.Identity && other.ApiVersion == entry.ApiVersion);
            if (former is null || !former.Fields.IsSubsetOf(entry.Fields) || !entry.Fields.IsSubsetOf(former.Fields))
            {
                return false;
            }
        }

        updated["metadata"]!["managedFields"] = before.DeepClone();
        return true;
    }

    /// <summary>Takes the managed fields out of an object.</summary>
    internal static JsonArray? Take(JsonObject obj)
    {
        if (obj["metadata"] is not JsonObject metadata || !metadata.TryGetPropertyValue("managedFields", out var node))
        {
            return null;
        }

        metadata.Remove("managedFields");
        return node as JsonArray;
    }

    internal static void Put(JsonObject obj, FieldManagers managers)
    {
        if (obj["metadata"] is JsonObject metadata && !managers.IsEmpty)
        {
            metadata["managedFields"] = managers.ToJson();
        }
    }

    private static FieldManagers Former(JsonObject? live, JsonArray? sent, FieldManagerContext context)
    {
        var stored = live?["metadata"]?["managedFields"] as JsonArray;
        if (context.Subresource is null && sent is not null && !(stored is not null && JsonText.IsSameText(sent, stored)))
        {
            if (IsReset(sent, context))
            {
                return new FieldManagers();
            }

            if (ParseOrNull(sent, checksFields: true) is { IsEmpty: false } managers)
            {
                return managers;
            }
        }

        return ParseOrNull(stored, checksFields: false) ?? new FieldManagers();
    }

    // A client that sends one empty entry, or no entry of a built-in kind, asks for the tracking to end.
    private static bool IsReset(JsonArray sent, FieldManagerContext context) =>
        (sent.Count == 0 && !context.IsCustomResource)
            || (sent is [JsonObject entry] && entry.All(static pair => pair.Value is null || IsEmptyText(pair.Value)));

    private static bool IsEmptyText(JsonNode node) => node.GetValueKind() == JsonValueKind.String && node.GetValue<string>().Length == 0;

    // What cannot be read is replaced by what the server knows, as a client that does not understand managed fields must not break them.
    private static FieldManagers? ParseOrNull(JsonArray? managedFields, bool checksFields)
    {
        try
        {
            return FieldManagers.Parse(managedFields, checksFields);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool SameMetadata(JsonNode? former, JsonNode? value)
    {
        if (former is not JsonObject before || value is not JsonObject after || before.Count != after.Count)
        {
            return false;
        }

        foreach (var (name, now) in after)
        {
            if (name != "managedFields" && (!before.TryGetPropertyValue(name, out var old) || !JsonText.AreEqual(old, now)))
            {
                return false;
            }
        }

        return true;
    }
}
