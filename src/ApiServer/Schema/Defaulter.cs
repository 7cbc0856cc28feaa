using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Schema;

/// <summary>Fills in the defaults of a schema.</summary>
internal static class Defaulter
{
    /// <summary>
    /// Sets, in place, each missing field that has a default, and each that is null although it may not be; a null that may not be and has
    /// no default is taken out. A default appears only in an object that is there.
    /// </summary>
    /// <param name="schema">The schema of the object.</param>
    /// <param name="obj">The object.</param>
    /// <param name="keepsNulls">
    /// Whether a null without a default stays, to be refused by validation: so it is with what server-side apply leads to.
    /// </param>
    public static void Apply(StructuralSchema schema, JsonObject obj, bool keepsNulls = false) => ApplyTo(schema, obj, keepsNulls);

    private static void ApplyTo(StructuralSchema schema, JsonNode node, bool keepsNulls)
    {
        switch (node)
        {
            case JsonObject obj:
                ApplyToObject(schema, obj, keepsNulls);
                break;
            case JsonArray array when schema.Items is { } items:
                for (var i = 0; i < array.Count; i++)
                {
                    if (array[i] is null && items is { IsNullable: false, Default: { } value })
                    {
                        array[i] = value.DeepClone();
                    }

                    if (array[i] is JsonObject or JsonArray)
                    {
                        ApplyTo(items, array[i]!, keepsNulls);
                    }
                }

                break;
        }
    }

    private static void ApplyToObject(StructuralSchema schema, JsonObject obj, bool keepsNulls)
    {
        foreach (var (name, property) in schema.Properties)
        {
            if (property.Default is { } value && (!obj.TryGetPropertyValue(name, out var present) || (present is null && !property.IsNullable)))
            {
                obj[name] = value.DeepClone();
            }
        }

        List<KeyValuePair<string, JsonNode?>>? changes = null;
        foreach (var (name, value) in obj)
        {
            if (schema.ForField(name) is not { } field)
            {
                continue;
            }

            if (value is null)
            {
                if (!field.IsNullable && (field.Default is not null || !keepsNulls))
                {
                    (changes ??= []).Add(new(name, field.Default?.DeepClone()));
                }
            }
            else if (value is JsonObject or JsonArray)
            {
                ApplyTo(field, value, keepsNulls);
            }
        }

        foreach (var (name, value) in changes ?? [])
        {
            if (value is null)
            {
                obj.Remove(name);
            }
            else
            {
                obj[name] = value;
                ApplyTo(schema.ForField(name)!, value, keepsNulls);
            }
        }
    }
}
