using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Patching;

/// <summary>Which fields differ between two states of an object.</summary>
/// <param name="Changed">The fields that were added or got another value.</param>
/// <param name="Removed">The fields that are gone.</param>
internal sealed record ObjectComparison(FieldSet Changed, FieldSet Removed)
{
    public bool IsSame => Changed.IsEmpty && Removed.IsEmpty;

    /// <summary>Compares all but <c>metadata.managedFields</c>.</summary>
    public static ObjectComparison Compare(JsonObject before, JsonObject after, SchemaPosition position)
    {
        FieldSet? changed = null;
        FieldSet? removed = null;
        CompareMaps(before, after, position, ref changed, ref removed, depth: 0);
        return new ObjectComparison(changed ?? FieldSet.Empty, removed ?? FieldSet.Empty);
    }

    /// <summary>The same without these fields and what is below them.</summary>
    public ObjectComparison Without(FieldSet fields) =>
        fields.IsEmpty ? this : new ObjectComparison(Changed.ExceptWithDescendants(fields), Removed.ExceptWithDescendants(fields));

    private static void CompareMaps(
        JsonObject? before, JsonObject? after, SchemaPosition position, ref FieldSet? changed, ref FieldSet? removed, int depth)
    {
        if (before is not null)
        {
            foreach (var (name, old) in before)
            {
                JsonNode? now = null;
                var remains = after is not null && after.TryGetPropertyValue(name, out now);
                if (!IsManagedFields(name, position, depth) && !(remains && IsUntouched(name, old, now, depth)))
                {
                    CompareField(PathElement.Field(name), true, old, remains, now, position.Field(name), ref changed, ref removed, depth + 1);
                }
            }
        }

        if (after is not null)
        {
            foreach (var (name, now) in after)
            {
                if ((before is null || !before.ContainsKey(name)) && !IsManagedFields(name, position, depth))
                {
                    CompareField(PathElement.Field(name), false, null, true, now, position.Field(name), ref changed, ref removed, depth + 1);
                }
            }
        }
    }

    // A write leaves most of an object as it is. What lies deeper is not worth it, and the metadata are never the same.
    private static bool IsUntouched(string name, JsonNode? old, JsonNode? now, int depth) =>
        (depth == 0 ? name != "metadata" : depth == 1)
        && ((old is JsonObject && now is JsonObject) || (old is JsonArray && now is JsonArray)) && JsonText.IsSameText(old, now);

    // Depth 1 alone is the metadata of the object itself; embedded objects may have a field of that name too.
    private static bool IsManagedFields(string name, SchemaPosition position, int depth) =>
        depth == 1 && name == "managedFields" && position.IsObjectMeta;

    private static void CompareField(
        PathElement element,
        bool hasOld,
        JsonNode? old,
        bool hasNow,
        JsonNode? now,
        SchemaPosition position,
        ref FieldSet? changed,
        ref FieldSet? removed,
        int depth)
    {
        // A null, and what is absent, takes the form of the other side.
        var nowKind = now is null && old is not null ? position.KindOf(old) : position.KindOf(now);
        var oldKind = old is null ? nowKind : position.KindOf(old);
        var isLeaf = nowKind switch
        {
            NodeKind.Map => position.IsAtomicMap || (IsEmptyMap(old) && IsEmptyMap(now)),
            NodeKind.List => position.IsAtomicList || (IsEmptyList(old) && IsEmptyList(now)),
            _ => true,
        };

        if (oldKind == nowKind && isLeaf)
        {
            if (!hasOld)
            {
                Add(ref changed, element);
            }
            else if (!hasNow)
            {
                Add(ref removed, element);
            }
            else if (!JsonNode.DeepEquals(old, now))
            {
                Add(ref changed, element);
            }

            return;
        }

        if (oldKind != nowKind)
        {
            // Only a field of any type can change its form: it was modified, and what was or is below it went or came.
            Add(ref changed, element);
        }
        else if (!hasOld)
        {
            Add(ref changed, element);
        }
        else if (!hasNow)
        {
            Add(ref removed, element);
        }

        FieldSet? changedBelow = null;
        FieldSet? removedBelow = null;
        if ((old is JsonObject || now is JsonObject) && !position.IsAtomicMap)
        {
            CompareMaps(old as JsonObject, now as JsonObject, position, ref changedBelow, ref removedBelow, depth);
        }

        if ((old is JsonArray || now is JsonArray) && !position.IsAtomicList)
        {
            CompareLists(old as JsonArray, now as JsonArray, position, ref changedBelow, ref removedBelow, depth);
        }

        AddBelow(ref changed, element, changedBelow);
        AddBelow(ref removed, element, removedBelow);
    }

    private static void CompareLists(
        JsonArray? before, JsonArray? after, SchemaPosition position, ref FieldSet? changed, ref FieldSet? removed, int depth)
    {
        // Lists that are the same need not be taken apart; most are.
        if (before is not null && after is not null && JsonNode.DeepEquals(before, after))
        {
            return;
        }

        var olds = Group(before, position);
        var nows = Group(after, position);
        foreach (var (element, old) in olds)
        {
            nows.TryGetValue(element, out var now);
            CompareItems(element, old, now ?? [], position.Item, ref changed, ref removed, depth);
        }

        foreach (var (element, now) in nows)
        {
            if (!olds.ContainsKey(element))
            {
                CompareItems(element, [], now, position.Item, ref changed, ref removed, depth);
            }
        }
    }

    private static void CompareItems(
        PathElement element,
        List<JsonNode?> old,
        List<JsonNode?> now,
        SchemaPosition position,
        ref FieldSet? changed,
        ref FieldSet? removed,
        int depth)
    {
        if (old.Count <= 1 && now.Count <= 1)
        {
            CompareField(
                element,
                old.Count == 1,
                old.Count == 1 ? old[0] : null,
                now.Count == 1,
                now.Count == 1 ? now[0] : null,
                position,
                ref changed,
                ref removed,
                depth + 1);
            return;
        }

        // Items that appear more than once count as one leaf.
        if (old.Count > 1 && now.Count > 1)
        {
            if (old.Count != now.Count || !old.Zip(now).All(static pair => JsonNode.DeepEquals(pair.First, pair.Second)))
            {
                Add(ref changed, element);
            }
        }
        else if (old.Count > 1)
        {
            if (now.Count == 1)
            {
                CompareField(element, false, null, true, now[0], position, ref changed, ref removed, depth + 1);
            }

            Add(ref removed, element);
        }
        else
        {
            if (old.Count == 1)
            {
                CompareField(element, true, old[0], false, null, position, ref changed, ref removed, depth + 1);
            }

            Add(ref changed, element);
        }
    }

    private static Dictionary<PathElement, List<JsonNode?>> Group(JsonArray? list, SchemaPosition position)
    {
        var groups = new Dictionary<PathElement, List<JsonNode?>>();
        foreach (var item in list ?? [])
        {
            var element = ListItems.ElementOf(position, item);
            if (groups.TryGetValue(element, out var group))
            {
                group.Add(item);
            }
            else
            {
                groups.Add(element, [item]);
            }
        }

        return groups;
    }

    private static bool IsEmptyMap(JsonNode? node) => node is not JsonObject { Count: > 0 };

    private static bool IsEmptyList(JsonNode? node) => node is not JsonArray { Count: > 0 };

    private static void Add(ref FieldSet? set, PathElement element) => (set ??= new FieldSet()).Add(element);

    private static void AddBelow(ref FieldSet? set, PathElement element, FieldSet? children)
    {
        if (children is not null)
        {
            (set ??= new FieldSet()).AddChildren(element, children);
        }
    }
}
