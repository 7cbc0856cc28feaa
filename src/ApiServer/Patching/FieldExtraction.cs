using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>Which fields an object states.</summary>
internal static class FieldExtraction
{
    /// <summary>Every leaf, and every item of a set, list map or map of arbitrary keys.</summary>
    public static FieldSet FieldsOf(JsonObject obj, SchemaPosition position)
    {
        var set = new FieldSet();
        AddMap(set, obj, position);
        return set;
    }

    private static void AddMap(FieldSet set, JsonObject map, SchemaPosition position)
    {
        foreach (var (name, value) in map)
        {
            var element = PathElement.Field(name);
            var below = position.Field(name);
            if (value is null or JsonObject { Count: 0 } || !position.DeclaresField(name) || IsLeaf(value, below))
            {
                set.Add(element);
            }

            AddBelow(set, element, value, below);
        }
    }

    private static void AddBelow(FieldSet set, PathElement element, JsonNode? value, SchemaPosition position)
    {
        switch (value)
        {
            case JsonObject map when !position.IsAtomicMap && map.Count > 0:
                var fields = new FieldSet();
                AddMap(fields, map, position);
                set.AddChildren(element, fields);
                break;
            case JsonArray list when !position.IsAtomicList && list.Count > 0:
                var items = new FieldSet();
                AddItems(items, list, position);
                set.AddChildren(element, items);
                break;
            default:
                break;
        }
    }

    private static void AddItems(FieldSet set, JsonArray list, SchemaPosition position)
    {
        // Items that appear twice are owned as one, without their fields.
        HashSet<PathElement> seen = [];
        HashSet<PathElement> duplicates = [];
        foreach (var item in list)
        {
            var element = ListItems.ElementOf(position, item);
            set.Add(element);
            if (!seen.Add(element))
            {
                duplicates.Add(element);
            }
        }

        foreach (var item in list)
        {
            var element = ListItems.ElementOf(position, item);
            if (!duplicates.Contains(element))
            {
                AddBelow(set, element, item, position.Item);
            }
        }
    }

    private static bool IsLeaf(JsonNode? value, SchemaPosition position) => position.KindOf(value) switch
    {
        NodeKind.Map => position.IsAtomicMap,
        NodeKind.List => position.IsAtomicList,
        _ => true,
    };
}
