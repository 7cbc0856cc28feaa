using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Schema;

/// <summary>Checks that lists of type set hold no value twice, and lists of type map no key.</summary>
internal static class ListValidator
{
    public static void Check(StructuralSchema schema, JsonNode? value, string path, List<FieldError> errors)
    {
        switch (value)
        {
            case JsonObject obj:
                foreach (var (name, field) in obj)
                {
                    if (field is not (JsonObject or JsonArray) || (path.Length == 0 && name == "metadata"))
                    {
                        continue;
                    }

                    if (schema.Properties.TryGetValue(name, out var property))
                    {
                        Check(property, field, path.Length == 0 ? name : $"{path}.{name}", errors);
                    }
                    else if (schema.AdditionalProperties is { } values)
                    {
                        Check(values, field, $"{path}[{name}]", errors);
                    }
                }

                break;
            case JsonArray array:
                CheckList(schema, array, path, errors);
                break;
        }
    }

    public static bool HasDuplicates(JsonArray array) => Duplicates(array.Select(GoText.Json)).Count > 0;

    /// <summary>The items of a list of type map by <see cref="KeyOf"/>; of items with the same key the first.</summary>
    public static Dictionary<string, JsonNode?> ByKey(StructuralSchema list, JsonArray array)
    {
        var result = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var item in array)
        {
            result.TryAdd(KeyOf(list, item), item);
        }

        return result;
    }

    public static string KeyOf(StructuralSchema list, JsonNode? item) => GoText.Json(Key(list, item));

    private static void CheckList(StructuralSchema schema, JsonArray array, string path, List<FieldError> errors)
    {
        if (schema.ListType == "set")
        {
            foreach (var i in Duplicates(array.Select(GoText.Json)))
            {
                errors.Add(FieldErrors.Duplicate(At(path, i), array[i]));
            }
        }
        else if (schema.ListType == "map")
        {
            CheckMap(schema, array, path, errors);
        }

        if (schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
            {
                Check(items, array[i], At(path, i), errors);
            }
        }
    }

    private static void CheckMap(StructuralSchema schema, JsonArray array, string path, List<FieldError> errors)
    {
        for (var i = 0; i < array.Count; i++)
        {
            if (array[i] is not (null or JsonObject))
            {
                errors.Add(FieldErrors.Invalid(At(path, i), array[i], "must be an object for an array of list-type map"));
                return;
            }
        }

        foreach (var i in Duplicates(array.Select(item => KeyOf(schema, item))))
        {
            errors.Add(FieldErrors.Duplicate(At(path, i), Key(schema, array[i])));
        }
    }

    // The second occurrence of each value; a third is not told again.
    private static List<int> Duplicates(IEnumerable<string> values)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var result = new List<int>();
        var i = 0;
        foreach (var value in values)
        {
            var times = seen[value] = seen.GetValueOrDefault(value) + 1;
            if (times == 2)
            {
                result.Add(i);
            }

            i++;
        }

        return result;
    }

    private static JsonObject Key(StructuralSchema list, JsonNode? item)
    {
        var key = new JsonObject();
        foreach (var name in list.ListMapKeys)
        {
            if (item is JsonObject obj && obj.TryGetPropertyValue(name, out var value))
            {
                key[name] = value?.DeepClone();
            }
        }

        return key;
    }

    private static string At(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
}
