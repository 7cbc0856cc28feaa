using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>How the items of sets and list maps are told apart.</summary>
internal static class ListItems
{
    /// <summary>The path element of an item of a set or list map.</summary>
    /// <param name="list">The position of the list.</param>
    /// <param name="item">The item.</param>
    /// <param name="element">The element.</param>
    /// <returns><see langword="null"/>, or why the item cannot be told apart, in Kubernetes' words.</returns>
    public static string? TryGetElement(SchemaPosition list, JsonNode? item, out PathElement element)
    {
        element = default;
        if (list.IsSet)
        {
            switch (item)
            {
                case JsonObject:
                    return "associative list without keys has an element that's a map type";
                case JsonArray:
                    return "not supported: associative list with lists as elements";
                case null:
                    return "associative list without keys has an element that's an explicit null";
                default:
                    element = PathElement.Value(KeyScalar.From(item));
                    return null;
            }
        }

        if (item is null)
        {
            return "associative list with keys may not have a null element";
        }

        if (item is not JsonObject obj)
        {
            return "associative list with keys may not have non-map elements";
        }

        var names = list.ListMapKeys;
        var keys = new (string Name, KeyScalar Value)[names.Count];
        var count = 0;
        foreach (var name in names)
        {
            // A key that is absent and has no default is left out: the item differs from one that has it.
            if (obj.TryGetPropertyValue(name, out var value))
            {
                keys[count++] = (name, KeyScalar.From(value));
            }
            else if (list.Item.Field(name).Default is { } defaultValue)
            {
                keys[count++] = (name, KeyScalar.From(defaultValue));
            }
        }

        if (count == 0)
        {
            var quoted = string.Join(' ', names.Select(KeyScalar.Quote));
            return $"associative list with keys has an element that omits all key fields [{quoted}] (and doesn't have default values for any key fields)";
        }

        element = PathElement.Key(count == keys.Length ? keys : keys[..count]);
        return null;
    }

    /// <summary>The element of an item that has been validated; an item without keys is told apart by its whole value.</summary>
    public static PathElement ElementOf(SchemaPosition list, JsonNode? item) =>
        TryGetElement(list, item, out var element) is null ? element : PathElement.Value(KeyScalar.From(item));
}
