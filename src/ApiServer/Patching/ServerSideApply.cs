using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Patching;

/// <summary>Server-side apply. Pure functions, safe for use from several threads.</summary>
internal static class ServerSideApply
{
    private const string LastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

    // kubectl's manager of both its ways to apply: what its client-side apply wrote, its server-side apply may take over.
    private const string Kubectl = "kubectl";

    private const string BeforeFirstApply = "before-first-apply";

    /// <summary>Merges what is applied into the live object and works out who owns what.</summary>
    /// <param name="live">The stored object; <see langword="null"/> to create one. Not changed.</param>
    /// <param name="applied">The body of the request. Not changed, and nothing of it is shared with the result.</param>
    /// <param name="context">Who applies.</param>
    /// <returns>
    /// The object to be stored, a new one, with its managed fields; to be defaulted and validated. It equals the live object if the apply changes
    /// nothing.
    /// </returns>
    /// <exception cref="ApiException">
    /// 400 for another kind or version, or managed fields in the body; 409 for fields of others; 500 for a body that does not fit the schema.
    /// </exception>
    public static JsonObject Apply(JsonObject? live, JsonObject applied, FieldManagerContext context)
    {
        Check(applied, context);
        var isKubectl = context.Manager == Kubectl && live is not null;
        var attempt = Attempt(live, applied, context);
        var conflicts = attempt.Conflicts;
        if (conflicts.Count > 0 && isKubectl && FieldsOfLastApplied(live!, context) is { } taken)
        {
            conflicts = conflicts.FindAll(conflict => !taken.Contains(conflict.Path));
        }

        if (conflicts.Count > 0 && !context.Force)
        {
            throw Conflict(conflicts);
        }

        if (isKubectl)
        {
            SyncLastApplied(attempt.Merged, applied);
        }

        return attempt.Merged;
    }

    private static (JsonObject Merged, List<(ManagedFieldsEntry Owner, PathElement[] Path)> Conflicts) Attempt(
        JsonObject? live,
        JsonObject applied,
        FieldManagerContext context)
    {
        var position = SchemaPosition.OfResource(context.Schema);
        var before = live ?? new JsonObject { ["apiVersion"] = context.ApiVersion, ["kind"] = context.Kind };
        var merged = (JsonObject)before.DeepClone();
        var managers = Parse(ManagedFields.Take(merged));
        managers.DropObsolete(context);
        if (managers.IsEmpty && live is not null)
        {
            managers.NoteUpdate(null, merged, context, BeforeFirstApply);
        }

        ObjectMerge.Merge(merged, applied, position);
        var fields = FieldExtraction.FieldsOf(applied, position).ExceptWithDescendants(context.ResetFields);
        var own = new ManagedFieldsEntry
        {
            Manager = context.Manager,
            IsApply = true,
            ApiVersion = context.ApiVersion,
            Subresource = context.Subresource ?? "",
            Fields = fields,
        };
        var last = managers.Find(own);
        managers.Put(own);
        if (last is not null && !last.Fields.IsSubsetOf(fields))
        {
            merged = RemoveAbandoned(merged, last.Fields, managers, context);
        }

        var changesNothing = live is not null && IsSame(live, merged);
        var conflicts = changesNothing ? [] : managers.NoteApply(before, merged, context, own);
        managers.PutOwn(own with { Time = changesNothing ? last?.Time : ManagedFieldsEntry.Format(context.Now) });
        DropEmptyMetadata(merged);
        ManagedFields.Put(merged, managers);
        return (merged, conflicts);
    }

    // Labels, finalizers and the like that are empty are not stored, though whoever applied them owns them.
    private static void DropEmptyMetadata(JsonObject obj)
    {
        if (obj["metadata"] is JsonObject metadata)
        {
            foreach (var name in metadata.Where(static pair => pair.Value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 }).Select(static pair => pair.Key).ToList())
            {
                metadata.Remove(name);
            }
        }
    }

    /// <summary>
    /// Removes what the manager applied last time and does not apply now, unless somebody else owns it. What lies in an item that goes, without
    /// being owned by anybody, such as a default, goes with it.
    /// </summary>
    private static JsonObject RemoveAbandoned(JsonObject merged, FieldSet last, FieldManagers managers, FieldManagerContext context)
    {
        var position = SchemaPosition.OfResource(context.Schema);
        var lastNamed = last.WithNamedFields(position);
        var all = FieldExtraction.FieldsOf(merged, position).WithNamedFields(position);
        var owned = managers.Entries.Aggregate(FieldSet.Empty, static (set, entry) => set.Union(entry.Fields)).WithNamedFields(position);

        // Everything of the last time gone, then what anybody owns back again.
        var kept = FieldsWithout(merged, lastNamed, position);
        kept = FieldsWithout(merged, all.Except(kept.Union(owned)), position);

        // Of what is missing now, only what the manager had owned may go.
        FieldRemoval.Remove(merged, all.Except(kept).Intersection(lastNamed), position);
        return merged;
    }

    private static FieldSet FieldsWithout(JsonObject obj, FieldSet fields, SchemaPosition position)
    {
        var rest = (JsonObject)obj.DeepClone();
        FieldRemoval.Remove(rest, fields, position);
        return FieldExtraction.FieldsOf(rest, position).WithNamedFields(position);
    }

    private static bool IsSame(JsonObject live, JsonObject merged)
    {
        if (live.Count != merged.Count)
        {
            return false;
        }

        foreach (var (name, value) in merged)
        {
            if (!live.TryGetPropertyValue(name, out var former))
            {
                return false;
            }

            if (name != "metadata")
            {
                if (!JsonNode.DeepEquals(former, value))
                {
                    return false;
                }

                continue;
            }

            // merged has no managed fields at this point.
            var before = former as JsonObject ?? [];
            var after = value as JsonObject ?? [];
            if (before.Count - (before.ContainsKey("managedFields") ? 1 : 0) != after.Count
                || !after.All(pair => before.TryGetPropertyValue(pair.Key, out var old) && JsonNode.DeepEquals(old, pair.Value)))
            {
                return false;
            }
        }

        return true;
    }

    private static void Check(JsonObject applied, FieldManagerContext context)
    {
        var apiVersion = Text(applied["apiVersion"]);
        var kind = Text(applied["kind"]);
        var type = $"{(apiVersion.Contains('/') ? "" : "/")}{apiVersion}, Kind={kind}";
        if (apiVersion != context.ApiVersion || kind != context.Kind)
        {
            throw BadRequest($"invalid object type: {type}");
        }

        var metadata = applied["metadata"] as JsonObject;
        if (metadata?["managedFields"] is not null)
        {
            throw BadRequest("metadata.managedFields must be nil");
        }

        var errors = AppliedObjectValidator.Validate(applied, SchemaPosition.OfResource(context.Schema));
        if (errors.Count > 0)
        {
            var text = errors.Count == 1 ? errors[0] : "errors:\n  " + string.Join("\n  ", errors);
            var name = $"{Text(metadata?["namespace"])}/{Text(metadata?["name"])}";
            throw new ApiException(500, "", $"failed to create typed patch object ({name}; {type}): {text}");
        }
    }

    private static FieldManagers Parse(JsonArray? managedFields)
    {
        try
        {
            return FieldManagers.Parse(managedFields);
        }
        catch (FormatException exception)
        {
            throw new ApiException(500, "", $"failed to decode managed fields: {exception.Message}");
        }
    }

    /// <summary>
    /// The fields that client-side apply set and nobody has changed since; <see langword="null"/> where it did not write the object.
    /// </summary>
    private static FieldSet? FieldsOfLastApplied(JsonObject live, FieldManagerContext context)
    {
        var text = Text(live["metadata"]?["annotations"]?[LastAppliedAnnotation]);
        if (text.Length == 0)
        {
            return null;
        }

        JsonObject? lastApplied;
        try
        {
            lastApplied = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // An annotation that somebody broke gives no right to any field: the conflicts stand.
            return null;
        }

        if (lastApplied is null || Text(lastApplied["apiVersion"]) != context.ApiVersion)
        {
            return null;
        }

        var position = SchemaPosition.OfResource(context.Schema);
        if (AppliedObjectValidator.Validate(lastApplied, position).Count > 0)
        {
            return null;
        }

        var comparison = ObjectComparison.Compare(lastApplied, live, position);
        return FieldExtraction.FieldsOf(lastApplied, position).Except(comparison.Changed).Except(comparison.Removed);
    }

    // Client-side apply must find later what server-side apply did.
    private static void SyncLastApplied(JsonObject merged, JsonObject applied)
    {
        if (Text(merged["metadata"]?["annotations"]?[LastAppliedAnnotation]).Length == 0)
        {
            return;
        }

        var copy = (JsonObject)applied.DeepClone();
        (copy["metadata"]?["annotations"] as JsonObject)?.Remove(LastAppliedAnnotation);
        merged["metadata"]!["annotations"]![LastAppliedAnnotation] = GoText.Json(copy) + "\n";
    }

    private static ApiException Conflict(List<(ManagedFieldsEntry Owner, PathElement[] Path)> conflicts)
    {
        var causes = new JsonArray();
        foreach (var (owner, path) in conflicts)
        {
            causes.Add((JsonNode)new JsonObject
            {
                ["reason"] = "FieldManagerConflict",
                ["message"] = $"conflict with {owner.Description}",
                ["field"] = Text(path),
            });
        }

        string message;
        if (conflicts is [var only])
        {
            message = $"Apply failed with 1 conflict: conflict with {only.Owner.Description}: {Text(only.Path)}";
        }
        else
        {
            var lines = conflicts
                .GroupBy(static conflict => conflict.Owner)
                .SelectMany(
                    static group => group.Select(static conflict => $"- {Text(conflict.Path)}").Prepend($"conflicts with {group.Key.Description}:"));
            message = $"Apply failed with {conflicts.Count} conflicts: {string.Join('\n', lines)}";
        }

        return new ApiException(409, "Conflict", message) { Details = new JsonObject { ["causes"] = causes } };
    }

    private static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    private static string Text(PathElement[] path) => string.Concat(path.Select(static element => element.ToString()));

    private static string Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : "";
}
