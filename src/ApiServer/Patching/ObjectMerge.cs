using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>Merges what somebody applies into an object, along its schema: maps by key, sets and list maps by item, the rest as a whole.</summary>
internal static class ObjectMerge
{
    /// <summary>
    /// Merges <paramref name="applied"/> into <paramref name="target"/>, in place. Nothing of <paramref name="applied"/> is shared or changed.
    /// </summary>
    public static void Merge(JsonObject target, JsonObject applied, SchemaPosition position)
    {
        foreach (var (name, value) in applied)
        {
            if (target.TryGetPropertyValue(name, out var current) && MergesInPlace(current, value, position.Field(name)))
            {
                continue;
            }

            target[name] = value?.DeepClone();
        }
    }

    /// <summary>Whether the value was merged into the current one; otherwise it is to take its place.</summary>
    private static bool MergesInPlace(JsonNode? current, JsonNode? value, SchemaPosition position)
    {
        switch (current)
        {
            case JsonObject { Count: > 0 } map when !position.IsAtomicMap && value is null or JsonObject:
                if (value is JsonObject fields)
                {
                    Merge(map, fields, position);
                }

                return true;
            case JsonArray { Count: > 0 } list when !position.IsAtomicList && value is null or JsonArray:
                if (value is JsonArray items && !JsonNode.DeepEquals(list, items))
                {
                    MergeList(list, items, position);
                }

                return true;
            default:
                return false;
        }
    }

    // The order of the result is that of the applied list for what it names; items that it does not name keep their place between those.
    private static void MergeList(JsonArray target, JsonArray applied, SchemaPosition position)
    {
        var current = new List<(PathElement Element, JsonNode? Item)>(target.Count);
        var currentByElement = new Dictionary<PathElement, JsonNode?>(target.Count);
        HashSet<PathElement>? duplicates = null;
        foreach (var item in target)
        {
            var element = ListItems.ElementOf(position, item);
            current.Add((element, item));
            if (!currentByElement.TryAdd(element, item))
            {
                (duplicates ??= []).Add(element);
            }
        }

        var wanted = new List<(PathElement Element, JsonNode? Item)>(applied.Count);
        var isWanted = new HashSet<PathElement>(applied.Count);
        foreach (var item in applied)
        {
            var element = ListItems.ElementOf(position, item);
            wanted.Add((element, item));
            isWanted.Add(element);
        }

        target.Clear();
        var next = 0; // the first applied item that is not placed yet
        var nextShared = FindShared(0); // the first of those that is in the current list too
        foreach (var (element, item) in current)
        {
            if (!isWanted.Contains(element))
            {
                target.Add(item);
            }
            else if (nextShared < wanted.Count && wanted[nextShared].Element.Equals(element))
            {
                PlaceUntil(nextShared + 1);
                nextShared = FindShared(next);
            }
        }

        PlaceUntil(wanted.Count);

        int FindShared(int from)
        {
            while (from < wanted.Count && !currentByElement.ContainsKey(wanted[from].Element))
            {
                from++;
            }

            return from;
        }

        void PlaceUntil(int end)
        {
            for (; next < end; next++)
            {
                var (element, value) = wanted[next];
                var isDuplicate = duplicates is not null && duplicates.Contains(element);
                var merges = currentByElement.TryGetValue(element, out var existing) && !isDuplicate && MergesInPlace(existing, value, position.Item);
                target.Add(merges ? existing : value?.DeepClone());
            }
        }
    }
}
