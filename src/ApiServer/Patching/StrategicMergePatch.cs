using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Patching;

/// <summary>
/// Strategic merge patch, for the built-in kinds: a merge patch in which lists with a merge key merge item by item and sets merge by value, with the
/// directives <c>$patch</c> (<c>replace</c>, <c>delete</c>), <c>$retainKeys</c>, <c>$setElementOrder/list</c> and
/// <c>$deleteFromPrimitiveList/list</c>.
/// </summary>
internal static class StrategicMergePatch
{
    private const string PatchDirective = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string SetElementOrder = "$setElementOrder/";
    private const string DeleteFromPrimitiveList = "$deleteFromPrimitiveList/";

    /// <summary>Merges the patch along the schema.</summary>
    /// <param name="target">The object. Not changed.</param>
    /// <param name="patch">The body of the request. Not changed, and nothing of it is shared with the result.</param>
    /// <param name="schema">The schema of the object's version, with merge keys.</param>
    /// <returns>A new object.</returns>
    /// <exception cref="ApiException">
    /// 400 for malformed directives, 422 for lists of lists, 500 for items without their merge key: as Kubernetes answers.
    /// </exception>
    public static JsonObject Apply(JsonObject target, JsonObject patch, StructuralSchema schema) =>
        MergeMap((JsonObject)target.DeepClone(), (JsonObject)patch.DeepClone(), SchemaPosition.OfResource(schema));

    // target and patch are copies: both are changed, and nodes of the patch move into the result.
    private static JsonObject MergeMap(JsonObject target, JsonObject patch, SchemaPosition position)
    {
        if (patch.TryGetPropertyValue(PatchDirective, out var directive))
        {
            switch (Text(directive))
            {
                case "replace":
                    patch.Remove(PatchDirective);
                    return patch;
                case "delete":
                    return [];
                default:
                    throw UnknownDirective(directive, patch);
            }
        }

        Retain(target, patch);
        MergeOrderedLists(target, patch, position);
        foreach (var (key, value) in patch.ToList())
        {
            if (key.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal))
            {
                DeleteValues(target, key[DeleteFromPrimitiveList.Length..], value);
                continue;
            }

            patch.Remove(key);
            if (value is null)
            {
                target.Remove(key);
                continue;
            }

            switch (target[key], value)
            {
                case (JsonObject current, JsonObject fields):
                    var merged = MergeMap(current, fields, position.Field(key));
                    if (!ReferenceEquals(merged, current))
                    {
                        target[key] = merged;
                    }

                    break;
                case (JsonArray current, JsonArray items):
                    target[key] = MergeList(current, items, position.Field(key));
                    break;
                default:
                    if (Cleaned(value) is { } cleaned)
                    {
                        target[key] = cleaned;
                    }
                    else
                    {
                        target.Remove(key);
                    }

                    break;
            }
        }

        return target;
    }

    private static void Retain(JsonObject target, JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(RetainKeys, out var node))
        {
            return;
        }

        patch.Remove(RetainKeys);
        var error = PatchErrors.BadRequest("invalid patch format of retainKeys");
        if (node is not JsonArray list)
        {
            throw error;
        }

        var retained = list.Select(Text).ToHashSet(StringComparer.Ordinal);
        if (patch.Any(pair => pair.Value is not null
            && !pair.Key.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal)
            && !pair.Key.StartsWith(SetElementOrder, StringComparison.Ordinal)
            && !retained.Contains(pair.Key)))
        {
            throw error;
        }

        foreach (var key in target.Select(static pair => pair.Key).Where(key => !retained.Contains(key)).ToList())
        {
            target.Remove(key);
        }
    }

    // Merges the lists whose order the patch gives, and takes them out of the patch.
    private static void MergeOrderedLists(JsonObject target, JsonObject patch, SchemaPosition position)
    {
        foreach (var (key, node) in patch.Where(static pair => pair.Key.StartsWith(SetElementOrder, StringComparison.Ordinal)).ToList())
        {
            patch.Remove(key);
            var name = key[SetElementOrder.Length..];
            var list = position.Field(name);
            if (node is not JsonArray order)
            {
                throw PatchErrors.Internal(
                    $"expected a []interface {{}}, but received a {node?.GetValueKind().ToString().ToLowerInvariant() ?? "nil"}");
            }

            var current = target[name] as JsonArray;
            var items = patch[name] as JsonArray;
            patch.Remove(name);
            var mergeKey = list.PatchMergeKey;
            if (items is not null)
            {
                CheckOrder(items, order, mergeKey);
            }

            if (current is null && items is null)
            {
                continue;
            }

            var serverOrder = Nodes(current ?? []);
            var merged = current is null ? (JsonArray)Cleaned(items!)! : items is null ? current : MergeList(current, items, list);
            target[name] = Ordered(merged, Nodes(order), serverOrder, mergeKey);
        }
    }

    // The items of the patch must be named in the order that it gives, in that order.
    private static void CheckOrder(JsonArray items, JsonArray order, string? mergeKey)
    {
        var named = order.GetEnumerator();
        foreach (var item in items)
        {
            if (item is JsonObject obj && obj.ContainsKey(PatchDirective))
            {
                continue;
            }

            var found = false;
            while (!found && named.MoveNext())
            {
                found = IsSame(item, named.Current, mergeKey);
            }

            if (!found)
            {
                throw PatchErrors.Internal(
                    $"The order in patch list:\n{items.ToJsonString()}\n doesn't match $setElementOrder list:\n{order.ToJsonString()}\n");
            }
        }
    }

    private static void DeleteValues(JsonObject target, string name, JsonNode? values)
    {
        if (values is not JsonArray toDelete)
        {
            throw PatchErrors.BadRequest("invalid patch format of primitive list");
        }

        if (target[name] is JsonArray current)
        {
            current.RemoveAll(item => toDelete.Any(value => JsonNode.DeepEquals(item, value)));
        }
    }

    private static JsonArray MergeList(JsonArray current, JsonArray patch, SchemaPosition list)
    {
        var mergeKey = list.PatchMergeKey;
        if (mergeKey is null && !list.PatchMergesValues)
        {
            return (JsonArray)patch.DeepClone();
        }

        if (current.Count == 0 && patch.Count == 0)
        {
            return current;
        }

        if (current.Concat(patch).Any(static item => item is JsonArray))
        {
            throw PatchErrors.NotApplicable();
        }

        if (mergeKey is null)
        {
            var serverOrder = Nodes(current);
            var values = new JsonArray([.. Nodes(current).Concat(Nodes(patch)).DistinctBy(KeyScalar.From).Select(static item => item?.DeepClone())]);
            return Ordered(values, Nodes(patch), serverOrder, null);
        }

        var wanted = Special(current, patch, mergeKey, out var replaces);
        if (replaces)
        {
            return new JsonArray([.. wanted.Select(static item => item?.DeepClone())]);
        }

        var order = Nodes(current);
        foreach (var item in wanted)
        {
            var index = IndexOf(current, item, mergeKey);
            if (index < 0)
            {
                current.Add(Cleaned(item));
                continue;
            }

            var fields = (JsonObject)item!.DeepClone();
            var existing = (JsonObject)current[index]!;
            var merged = MergeMap(existing, fields, list.Item);
            if (!ReferenceEquals(merged, existing))
            {
                current[index] = merged;
            }
        }

        return Ordered(current, wanted, order, mergeKey);
    }

    // Follows the items that are directives, and returns the others.
    private static List<JsonNode?> Special(JsonArray current, JsonArray patch, string mergeKey, out bool replaces)
    {
        replaces = false;
        var rest = new List<JsonNode?>();
        foreach (var item in patch)
        {
            if (item is not JsonObject obj)
            {
                throw PatchErrors.Internal($"map: {item?.ToJsonString() ?? "null"} does not contain declared merge key: {mergeKey}");
            }

            if (!obj.TryGetPropertyValue(PatchDirective, out var directive))
            {
                RequireMergeKey(obj, mergeKey);
                rest.Add(obj);
                continue;
            }

            switch (Text(directive))
            {
                case "delete":
                    RequireMergeKey(obj, mergeKey);
                    current.RemoveAll(other => IsSame(other, obj, mergeKey));
                    break;
                case "replace":
                    replaces = true;
                    break;
                case "merge":
                    throw PatchErrors.Internal("merging lists cannot yet be specified in the patch");
                default:
                    throw UnknownDirective(directive, obj);
            }
        }

        return rest;
    }

    private static void RequireMergeKey(JsonObject item, string mergeKey)
    {
        if (!item.ContainsKey(mergeKey))
        {
            throw PatchErrors.Internal($"map: {item.ToJsonString()} does not contain declared merge key: {mergeKey}");
        }
    }

    /// <summary>
    /// Sorts the items that <paramref name="order"/> names as it does, and puts each of the others before the first of those that stands behind it
    /// in <paramref name="serverOrder"/>.
    /// </summary>
    private static JsonArray Ordered(JsonArray items, IReadOnlyList<JsonNode?> order, IReadOnlyList<JsonNode?> serverOrder, string? mergeKey)
    {
        var all = Nodes(items);
        var named = all.Where(item => IndexOf(order, item, mergeKey) >= 0).OrderBy(item => IndexOf(order, item, mergeKey)).ToList();
        var others = all.Where(item => IndexOf(order, item, mergeKey) < 0).OrderBy(item => IndexOf(serverOrder, item, mergeKey)).ToList();
        items.Clear();
        int i = 0, j = 0;
        while (i < others.Count || j < named.Count)
        {
            bool takeOther;
            if (i == others.Count || j == named.Count)
            {
                takeOther = i < others.Count;
            }
            else
            {
                var other = IndexOf(serverOrder, others[i], mergeKey);
                var next = IndexOf(serverOrder, named[j], mergeKey);
                takeOther = other >= 0 && next >= 0 && other < next;
            }

            items.Add(takeOther ? others[i++] : named[j++]);
        }

        return items;
    }

    private static int IndexOf(IReadOnlyList<JsonNode?> list, JsonNode? item, string? mergeKey)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (IsSame(list[i], item, mergeKey))
            {
                return i;
            }
        }

        return -1;
    }

    private static int IndexOf(JsonArray list, JsonNode? item, string mergeKey) => IndexOf(Nodes(list), item, mergeKey);

    private static bool IsSame(JsonNode? a, JsonNode? b, string? mergeKey) => mergeKey is null
        ? JsonNode.DeepEquals(a, b)
        : a is JsonObject x && b is JsonObject y && x.TryGetPropertyValue(mergeKey, out var left) && y.TryGetPropertyValue(mergeKey, out var right)
            && JsonNode.DeepEquals(left, right);

    private static List<JsonNode?> Nodes(JsonArray list) => [.. list];

    /// <summary>
    /// A copy of a new value without directives and nulls; <see langword="null"/> if it is itself one for something that there is not.
    /// </summary>
    private static JsonNode? Cleaned(JsonNode? value)
    {
        switch (value)
        {
            case JsonObject obj:
                if (obj.ContainsKey(PatchDirective))
                {
                    return null;
                }

                var copy = new JsonObject();
                foreach (var (name, field) in obj)
                {
                    if (!IsDirective(name) && Cleaned(field) is { } kept)
                    {
                        copy[name] = kept;
                    }
                }

                return copy;
            case JsonArray list:
                var items = new JsonArray();
                foreach (var item in list)
                {
                    var kept = Cleaned(item);
                    if (item is null || kept is not null)
                    {
                        items.Add(kept);
                    }
                }

                return items;
            default:
                return value?.DeepClone();
        }
    }

    private static bool IsDirective(string name) =>
        name is RetainKeys
        || name.StartsWith(SetElementOrder, StringComparison.Ordinal)
        || name.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal);

    private static ApiException UnknownDirective(JsonNode? directive, JsonObject map) =>
        PatchErrors.Internal($"unknown patch type: {Text(directive)} in map: {map.ToJsonString()}");

    private static string Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : "";
}
