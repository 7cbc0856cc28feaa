using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>Takes fields and items out of an object.</summary>
internal static class FieldRemoval
{
    /// <summary>
    /// Removes the members of the set, in place. A map or list that loses its last field or item that way, without being a member itself, becomes
    /// null.
    /// </summary>
    public static void Remove(JsonObject obj, FieldSet fields, SchemaPosition position)
    {
        foreach (var name in obj.Select(static pair => pair.Key).ToList())
        {
            var element = PathElement.Field(name);
            if (fields.Contains(element))
            {
                obj.Remove(name);
            }
            else if (fields.TryGetChildren(element, out var below) && BecomesNull(obj[name], below, position.Field(name)))
            {
                obj[name] = null;
            }
        }
    }

    private static bool BecomesNull(JsonNode? value, FieldSet fields, SchemaPosition position)
    {
        switch (value)
        {
            case JsonObject map:
                if (!position.IsAtomicMap)
                {
                    Remove(map, fields, position);
                }

                return position.IsAtomicMap || map.Count == 0;
            case JsonArray list:
                if (!position.IsAtomicList)
                {
                    RemoveItems(list, fields, position);
                }

                return position.IsAtomicList || list.Count == 0;
            default:
                return false;
        }
    }

    private static void RemoveItems(JsonArray list, FieldSet fields, SchemaPosition position)
    {
        for (var i = list.Count - 1; i >= 0; i--)
        {
            var element = ListItems.ElementOf(position, list[i]);
            if (fields.Contains(element))
            {
                list.RemoveAt(i);
            }
            else if (fields.TryGetChildren(element, out var below) && BecomesNull(list[i], below, position.Item))
            {
                list[i] = null;
            }
        }
    }
}
