using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Schema;

/// <summary>Checks that the schema of a CustomResourceDefinition is structural, and that its keywords go together.</summary>
internal static class SchemaRules
{
    private static readonly string[] Types = ["array", "boolean", "integer", "number", "object", "string"];

    private static readonly string[] Junctors = ["allOf", "anyOf", "oneOf"];

    // What JSON schema has and Kubernetes refuses.
    private static readonly string[] Unsupported = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];

    // With a status subresource the root may only say what does not reach into the status.
    private static readonly HashSet<string> AllowedAtRoot =
    [
        "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern",
        "maxItems",
        "minItems", "uniqueItems", "multipleOf", "required", "items", "properties", "externalDocs", "example", "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    ];

    private static readonly string[] RootFieldNames =
    [
        "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum", "MaxLength", "MinLength", "Pattern",
        "MaxItems", "MinItems",
        "UniqueItems", "MultipleOf", "Required", "Items", "Properties", "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
    ];

    private static readonly HashSet<string> Keywords =
    [
        .. AllowedAtRoot, .. Junctors, .. Unsupported, "$schema", "nullable", "default", "enum", "maxProperties", "minProperties", "not", "additionalProperties",
        "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type",
        "x-kubernetes-map-type",
    ];

    private static readonly JsonNode IntOrString = JsonNode.Parse("""[{"type":"integer"},{"type":"string"}]""")!;

    private enum Level
    {
        Root,
        Item,
        Field,
    }

    public static void Check(JsonObject schema, string path, bool hasStatus, List<FieldError> errors)
    {
        if (!CanParse(schema, path, errors))
        {
            return;
        }

        if (hasStatus && schema.Select(p => p.Key).FirstOrDefault(k => !AllowedAtRoot.Contains(k)) is not null)
        {
            var allowed = string.Join(' ', RootFieldNames);
            errors.Add(FieldErrors.Invalid(
                path, schema, $"only [{allowed}] fields are allowed at the root of the schema if the status subresource is enabled"));
        }

        if (schema["nullable"].IsTrue())
        {
            errors.Add(FieldErrors.Forbidden($"{path}.nullable", "nullable cannot be true at the root"));
        }

        var structural = new List<FieldError>();
        CheckStructure(schema, Level.Root, path, structural);
        CheckCompleteness(schema, schema, path, structural);
        if (structural.Count == 0)
        {
            CheckDefaults(schema, path, structural);
        }

        structural.Sort((a, b) => string.CompareOrdinal($"{a.Field}: {a.Message}", $"{b.Field}: {b.Message}"));
        errors.AddRange(structural);
        CheckKeywords(schema, path, errors);
    }

    /// <summary>Takes out, in place, what is no keyword, and adds its path to <paramref name="pruned"/>.</summary>
    public static void PruneUnknownKeywords(JsonObject schema, string path, List<string> pruned)
    {
        foreach (var keyword in schema.Select(p => p.Key).Where(k => !Keywords.Contains(k)).ToList())
        {
            schema.Remove(keyword);
            pruned.Add($"{path}.{keyword}");
        }

        foreach (var map in new[] { "properties", "patternProperties", "definitions" })
        {
            foreach (var (name, child) in (schema[map] as JsonObject ?? []).ToList())
            {
                PruneChild(child, $"{path}.{map}.{name}");
            }
        }

        foreach (var keyword in new[] { "items", "additionalProperties", "additionalItems", "not" })
        {
            PruneChild(schema[keyword], $"{path}.{keyword}");
        }

        foreach (var junctor in Junctors)
        {
            var alternatives = schema[junctor].Elements();
            for (var i = 0; i < alternatives.Count; i++)
            {
                PruneChild(alternatives[i], $"{path}.{junctor}[{i}]");
            }
        }

        void PruneChild(JsonNode? child, string childPath)
        {
            if (child is JsonObject obj)
            {
                PruneUnknownKeywords(obj, childPath, pruned);
            }
        }
    }

    /// <summary>The formats that nothing checks, each once.</summary>
    public static IEnumerable<string> UnknownFormats(JsonObject schema) =>
        All(schema).Where(s => s["format"].Text() is { Length: > 0 } format && !StringFormats.IsKnown(s["type"].Text() ?? "", format))
            .Select(s => s["format"].Text()!).Distinct();

    /// <summary>The expressions of <c>x-kubernetes-validations</c> with the path of the schema they stand at.</summary>
    public static IEnumerable<(string Path, string Rule)> Validations(JsonObject schema, string path)
    {
        foreach (var rule in schema["x-kubernetes-validations"].Elements())
        {
            yield return (path, rule.Get("rule").Text() ?? "");
        }

        foreach (var (segment, child) in Children(schema))
        {
            foreach (var validation in Validations(child, $"{path}.{segment}"))
            {
                yield return validation;
            }
        }
    }

    private static bool CanParse(JsonObject schema, string path, List<FieldError> errors)
    {
        var broken = All(schema).FirstOrDefault(s => s["items"] is JsonArray || Unsupported.Any(s.ContainsKey));
        if (broken is not null)
        {
            CheckKeywords(schema, path, errors);
            return false;
        }

        try
        {
            StructuralSchema.Parse(schema);
            return true;
        }
        catch (FormatException e) when (e.InnerException is ArgumentException)
        {
            // The pattern: reported below with its own path.
            return true;
        }
        catch (FormatException e)
        {
            errors.Add(FieldErrors.Invalid(path, "", e.Message));
            return false;
        }
    }

    private static void CheckStructure(JsonObject schema, Level level, string path, List<FieldError> errors)
    {
        var type = schema["type"].Text() ?? "";
        var preserves = schema["x-kubernetes-preserve-unknown-fields"].IsTrue();
        var isEmbedded = schema["x-kubernetes-embedded-resource"].IsTrue();
        var isIntOrString = schema["x-kubernetes-int-or-string"].IsTrue();
        if (type == "array" && schema["items"] is null)
        {
            errors.Add(FieldErrors.Required($"{path}.items", "must be specified"));
        }

        if (schema["items"] is JsonObject items)
        {
            CheckStructure(items, Level.Item, $"{path}.items", errors);
        }

        foreach (var (name, property) in Properties(schema))
        {
            CheckStructure(property, Level.Field, $"{path}.properties[{name}]", errors);
        }

        if (schema["additionalProperties"] is { } additional)
        {
            if (level == Level.Root)
            {
                errors.Add(FieldErrors.Forbidden($"{path}.additionalProperties", "must not be used at the root"));
            }

            if (isEmbedded)
            {
                errors.Add(FieldErrors.Forbidden($"{path}.additionalProperties", "must not be used if x-kubernetes-embedded-resource is set"));
            }

            if (additional is JsonObject values)
            {
                CheckStructure(values, Level.Field, $"{path}.additionalProperties", errors);
            }
        }

        if (isIntOrString && preserves)
        {
            errors.Add(
                FieldErrors.Invalid($"{path}.x-kubernetes-preserve-unknown-fields", true, "must be false if x-kubernetes-int-or-string is true"));
        }

        if (isIntOrString && isEmbedded)
        {
            errors.Add(FieldErrors.Invalid($"{path}.x-kubernetes-embedded-resource", true, "must be false if x-kubernetes-int-or-string is true"));
        }

        CheckValueValidation(
            schema, IsIntOrString(schema), IsIntOrString((schema["allOf"] as JsonArray) is [var first, ..] ? first : null), path, errors);
        if (isEmbedded && type != "object")
        {
            const string MustBeObject = "must be object if x-kubernetes-embedded-resource is true";
            errors.Add(
                type.Length == 0 ? FieldErrors.Required($"{path}.type", MustBeObject) : FieldErrors.Invalid($"{path}.type", type, MustBeObject));
        }
        else if (type.Length == 0 && !isIntOrString && !preserves)
        {
            errors.Add(FieldErrors.Required($"{path}.type", level switch
            {
                Level.Root => "must not be empty at the root",
                Level.Item => "must not be empty for specified array items",
                _ => "must not be empty for specified object fields",
            }));
        }

        if (level == Level.Root && type.Length > 0 && type != "object")
        {
            errors.Add(FieldErrors.Invalid($"{path}.type", type, "must be object at the root"));
        }

        if (level == Level.Root || isEmbedded)
        {
            CheckMeta(schema, level, path, errors);
        }

        if (isEmbedded && !preserves && !Properties(schema).Any())
        {
            errors.Add(FieldErrors.Required($"{path}.properties",
                "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"));
        }
    }

    private static void CheckMeta(JsonObject schema, Level level, string path, List<FieldError> errors)
    {
        foreach (var name in new[] { "kind", "apiVersion" })
        {
            if (schema["properties"].Get(name) is { } field && field.Get("type").Text() != "string")
            {
                errors.Add(FieldErrors.Invalid($"{path}.properties[{name}].type", field.Get("type").Text() ?? "", "must be string"));
            }
        }

        if (schema["properties"].Get("metadata") is not JsonObject metadata)
        {
            return;
        }

        if (metadata["type"].Text() != "object")
        {
            errors.Add(FieldErrors.Invalid($"{path}.properties[metadata].type", metadata["type"].Text() ?? "", "must be object"));
        }

        var names = Properties(metadata).Select(p => p.Name).ToList();
        var saysMore = metadata.Any(p => p.Key is not ("type" or "properties" or "default" or "required"));
        if (level == Level.Root && (saysMore || names.Any(n => n is not ("name" or "generateName"))))
        {
            errors.Add(FieldErrors.Forbidden(
                $"{path}.properties[metadata]", "must not specify anything other than name and generateName, but metadata is implicitly specified"));
        }
    }

    private static void CheckValueValidation(JsonObject schema, bool skipsAnyOf, bool skipsFirstAllOf, string path, List<FieldError> errors)
    {
        foreach (var junctor in Junctors)
        {
            var alternatives = schema[junctor].Elements();
            for (var i = 0; i < alternatives.Count; i++)
            {
                if (!(junctor == "anyOf" && skipsAnyOf) && alternatives[i] is JsonObject alternative)
                {
                    CheckNested(alternative, junctor == "allOf" && skipsFirstAllOf && i == 0, $"{path}.{junctor}[{i}]", errors);
                }
            }
        }

        if (schema["not"] is JsonObject not)
        {
            CheckNested(not, skipsAnyOf: false, $"{path}.not", errors);
        }

        if (schema["pattern"].Text() is { Length: > 0 } pattern)
        {
            try
            {
                _ = new GoPattern(pattern);
            }
            catch (ArgumentException e)
            {
                errors.Add(FieldErrors.Invalid(
                    $"{path}.pattern", pattern, $"must be a valid regular expression, but isn't: error parsing regexp: {e.Message}"));
            }
        }
    }

    /// <summary>Below allOf, anyOf, oneOf and not there may be checks of values, but nothing that says which fields there are.</summary>
    private static void CheckNested(JsonObject schema, bool skipsAnyOf, string path, List<FieldError> errors)
    {
        CheckValueValidation(schema, skipsAnyOf, skipsFirstAllOf: false, path, errors);
        if (schema["items"] is JsonObject items)
        {
            CheckNested(items, skipsAnyOf: false, $"{path}.items", errors);
        }

        foreach (var (name, property) in Properties(schema))
        {
            CheckNested(property, skipsAnyOf: false, $"{path}.properties[{name}]", errors);
        }

        foreach (var (keyword, detail) in new[]
        {
            ("type", "must be empty to be structural"),
            ("additionalProperties", "must be undefined to be structural"),
            ("default", "must be undefined to be structural"),
            ("title", "must be empty to be structural"),
            ("description", "must be empty to be structural"),
            ("nullable", "must be false to be structural"),
            ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
            ("x-kubernetes-embedded-resource", "must be false to be structural"),
            ("x-kubernetes-int-or-string", "must be false to be structural"),
            ("x-kubernetes-list-map-keys", "must be empty to be structural"),
            ("x-kubernetes-list-type", "must be undefined to be structural"),
            ("x-kubernetes-map-type", "must be undefined to be structural"),
            ("x-kubernetes-validations", "must be empty to be structural"),
        })
        {
            if (schema[keyword] is { } value && value.GetValueKind() != System.Text.Json.JsonValueKind.False)
            {
                errors.Add(FieldErrors.Forbidden($"{path}.{keyword}", detail));
            }
        }

        if (schema["properties"].Get("metadata") is not null)
        {
            errors.Add(FieldErrors.Forbidden($"{path}.properties[metadata]", "must not be specified in a nested context"));
        }
    }

    /// <summary>
    /// Every field that a nested schema of the root checks must be specified outside of it too. Deeper ones are not looked at, as in the real server.
    /// </summary>
    private static void CheckCompleteness(JsonObject nested, JsonObject structure, string path, List<FieldError> errors)
    {
        foreach (var junctor in Junctors)
        {
            var alternatives = nested[junctor].Elements();
            for (var i = 0; i < alternatives.Count; i++)
            {
                if (alternatives[i] is JsonObject alternative)
                {
                    Complete(alternative, structure, path, $"{path}.{junctor}[{i}]", errors);
                }
            }
        }

        if (nested["not"] is JsonObject not)
        {
            Complete(not, structure, path, $"{path}.not", errors);
        }
    }

    private static void Complete(JsonObject nested, JsonObject structure, string structurePath, string path, List<FieldError> errors)
    {
        foreach (var (name, property) in Properties(nested))
        {
            if (structure["properties"].Get(name) is JsonObject known)
            {
                Complete(property, known, $"{structurePath}.properties[{name}]", $"{path}.properties[{name}]", errors);
            }
            else
            {
                errors.Add(FieldErrors.Required($"{structurePath}.properties[{name}]", $"because it is defined in {path}.properties[{name}]"));
            }
        }

        if (nested["items"] is JsonObject items)
        {
            if (structure["items"] is JsonObject known)
            {
                Complete(items, known, $"{structurePath}.items", $"{path}.items", errors);
            }
            else
            {
                errors.Add(FieldErrors.Required($"{structurePath}.items", $"because it is defined in {path}.items"));
            }
        }

        CheckCompleteness(nested, structure, path, errors);
    }

    private static void CheckDefaults(JsonObject schema, string path, List<FieldError> errors)
    {
        if (schema["default"] is { } value)
        {
            var parsed = StructuralSchema.Parse(schema);
            if (value is JsonObject obj && Pruner.PruneValue(parsed, obj.DeepClone().AsObject()).Count > 0)
            {
                errors.Add(FieldErrors.Invalid($"{path}.default", value, "must not have unknown fields"));
            }
            else
            {
                errors.AddRange(SchemaValidator.ValidateValue(parsed, value)
                    .Select(e => e with { Field = e.Field.Length == 0 ? $"{path}.default" : $"{path}.default.{e.Field}" }));
            }
        }

        foreach (var (name, property) in Properties(schema))
        {
            CheckDefaults(property, $"{path}.properties[{name}]", errors);
        }

        if (schema["items"] is JsonObject items)
        {
            CheckDefaults(items, $"{path}.items", errors);
        }

        if (schema["additionalProperties"] is JsonObject values)
        {
            CheckDefaults(values, $"{path}.additionalProperties", errors);
        }
    }

    private static void CheckKeywords(JsonObject schema, string path, List<FieldError> errors)
    {
        if (schema["type"].Text() is { Length: > 0 } type && !Types.Contains(type))
        {
            errors.Add(FieldErrors.NotSupported($"{path}.type", type, Types));
        }

        foreach (var keyword in Unsupported.Where(schema.ContainsKey))
        {
            errors.Add(FieldErrors.Forbidden($"{path}.{keyword}", $"{keyword} is not supported"));
        }

        if (schema["type"].Text() == "null")
        {
            errors.Add(FieldErrors.Forbidden($"{path}.type", "type cannot be set to null, use nullable as an alternative"));
        }

        if (schema["items"] is JsonArray)
        {
            errors.Add(FieldErrors.Forbidden($"{path}.items", "items must be a schema object and not an array"));
        }

        if (schema["uniqueItems"].IsTrue())
        {
            errors.Add(
                FieldErrors.Forbidden($"{path}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
        }

        if (schema["additionalProperties"] is { } additional && Properties(schema).Any() && !additional.IsTrue())
        {
            errors.Add(FieldErrors.Forbidden($"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive"));
        }

        if (schema["x-kubernetes-preserve-unknown-fields"] is { } preserves && !preserves.IsTrue())
        {
            errors.Add(FieldErrors.Invalid($"{path}.x-kubernetes-preserve-unknown-fields", preserves, "must be true or undefined"));
        }

        CheckMapType(schema, path, errors);
        CheckListType(schema, path, errors);
        foreach (var (segment, child) in Children(schema))
        {
            CheckKeywords(child, $"{path}.{segment}", errors);
        }

        foreach (var junctor in Junctors)
        {
            var alternatives = schema[junctor].Elements();
            for (var i = 0; i < alternatives.Count; i++)
            {
                if (alternatives[i] is JsonObject alternative)
                {
                    CheckKeywords(alternative, $"{path}.{junctor}[{i}]", errors);
                }
            }
        }

        if (schema["not"] is JsonObject not)
        {
            CheckKeywords(not, $"{path}.not", errors);
        }
    }

    private static void CheckMapType(JsonObject schema, string path, List<FieldError> errors)
    {
        if (schema["x-kubernetes-map-type"].Text() is not { } mapType)
        {
            return;
        }

        CheckTypeIs("object", "must be object if x-kubernetes-map-type is specified", schema, path, errors);
        if (mapType is not ("atomic" or "granular"))
        {
            errors.Add(FieldErrors.NotSupported($"{path}.x-kubernetes-map-type", mapType, ["atomic", "granular"]));
        }
    }

    private static void CheckListType(JsonObject schema, string path, List<FieldError> errors)
    {
        var listType = schema["x-kubernetes-list-type"].Text();
        var items = schema["items"] as JsonObject;
        if (listType is not null && schema["type"].Text() != "array")
        {
            CheckTypeIs("array", "must be array if x-kubernetes-list-type is specified", schema, path, errors);
        }
        else if (listType == "set" && items is not null)
        {
            const string MustBeAtomic = "must be atomic as item of a list with x-kubernetes-list-type=set";
            if (items["type"].Text() == "array" && items["x-kubernetes-list-type"].Text() is not (null or "atomic"))
            {
                errors.Add(FieldErrors.Invalid($"{path}.items.x-kubernetes-list-type", items["x-kubernetes-list-type"], MustBeAtomic));
            }
            else if (items["type"].Text() == "object" && items["x-kubernetes-map-type"].Text() != "atomic")
            {
                errors.Add(FieldErrors.Invalid($"{path}.items.x-kubernetes-map-type", items["x-kubernetes-list-type"], MustBeAtomic));
            }
        }

        if (listType is not (null or "atomic" or "set" or "map"))
        {
            errors.Add(FieldErrors.NotSupported($"{path}.x-kubernetes-list-type", listType, ["atomic", "set", "map"]));
        }

        var keys = schema["x-kubernetes-list-map-keys"].Elements();
        if (keys.Count > 0 && listType != "map")
        {
            const string MustBeMap = "must be map if x-kubernetes-list-map-keys is non-empty";
            errors.Add(listType is null
                ? FieldErrors.Required($"{path}.x-kubernetes-list-type", MustBeMap)
                : FieldErrors.Invalid($"{path}.x-kubernetes-list-type", listType, MustBeMap));
        }

        if (listType is "set" or "map" && items.Get("nullable").IsTrue())
        {
            errors.Add(FieldErrors.Forbidden($"{path}.items.nullable", $"cannot be nullable when x-kubernetes-list-type is {listType}"));
        }

        if (listType == "map")
        {
            CheckListMap(schema, items, keys, path, errors);
        }
    }

    private static void CheckListMap(JsonObject schema, JsonObject? items, IReadOnlyList<JsonNode?> keys, string path, List<FieldError> errors)
    {
        if (keys.Count == 0)
        {
            errors.Add(FieldErrors.Required($"{path}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map"));
        }

        if (items is null)
        {
            errors.Add(FieldErrors.Required($"{path}.items", "must have a schema if x-kubernetes-list-type is map"));
            return;
        }

        if (items["type"].Text() != "object")
        {
            errors.Add(FieldErrors.Invalid(
                $"{path}.items.type", items["type"].Text() ?? "", "must be object if parent array's x-kubernetes-list-type is map"));
            return;
        }

        var names = keys.Select(k => k.Text() ?? "").ToList();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in names)
        {
            if (items["properties"].Get(key) is not JsonObject property)
            {
                errors.Add(FieldErrors.Invalid(
                    $"{path}.x-kubernetes-list-map-keys", schema["x-kubernetes-list-map-keys"], "entries must all be names of item properties"));
            }
            else if (property["type"].Text() is "array" or "object")
            {
                errors.Add(FieldErrors.Invalid(
                    $"{path}.items.properties[{key}].type", items["type"], "must be a scalar type if parent array's x-kubernetes-list-type is map"));
            }

            if (!seen.Add(key))
            {
                errors.Add(FieldErrors.Invalid(
                    $"{path}.x-kubernetes-list-map-keys", schema["x-kubernetes-list-map-keys"], "must not contain duplicate entries"));
            }
        }

        var required = items["required"].Elements().Select(r => r.Text()).ToHashSet();
        foreach (var key in names)
        {
            if (items["properties"].Get(key) is not JsonObject property)
            {
                continue;
            }

            if (!required.Contains(key) && property["default"] is null)
            {
                errors.Add(FieldErrors.Required(
                    $"{path}.items.properties[{key}].default", "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"));
            }

            if (property["nullable"].IsTrue())
            {
                errors.Add(FieldErrors.Forbidden(
                    $"{path}.items.properties[{key}].nullable", "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"));
            }
        }
    }

    private static void CheckTypeIs(string expected, string detail, JsonObject schema, string path, List<FieldError> errors)
    {
        var type = schema["type"].Text() ?? "";
        if (type.Length == 0)
        {
            errors.Add(FieldErrors.Required($"{path}.type", detail));
        }
        else if (type != expected)
        {
            errors.Add(FieldErrors.Invalid($"{path}.type", type, detail));
        }
    }

    private static bool IsIntOrString(JsonNode? schema) => JsonNode.DeepEquals(schema.Get("anyOf"), IntOrString);

    private static IEnumerable<(string Name, JsonObject Schema)> Properties(JsonObject schema) =>
        (schema["properties"] as JsonObject ?? []).Where(p => p.Value is JsonObject).Select(p => (p.Key, p.Value!.AsObject()));

    private static IEnumerable<(string Segment, JsonObject Schema)> Children(JsonObject schema)
    {
        foreach (var (name, property) in Properties(schema))
        {
            yield return ($"properties[{name}]", property);
        }

        if (schema["items"] is JsonObject items)
        {
            yield return ("items", items);
        }

        if (schema["additionalProperties"] is JsonObject values)
        {
            yield return ("additionalProperties", values);
        }
    }

    private static IEnumerable<JsonObject> All(JsonObject schema)
    {
        yield return schema;
        var nested = Junctors.SelectMany(j => schema[j].Elements()).Append(schema["not"]).OfType<JsonObject>();
        foreach (var child in Children(schema).Select(c => c.Schema).Concat(nested).SelectMany(All))
        {
            yield return child;
        }
    }
}
