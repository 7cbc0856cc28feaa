using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Schema;

/// <summary>Checks objects by a schema, with the texts of a Kubernetes API server.</summary>
internal static class SchemaValidator
{
    // What cannot be said of one field has no path; the real server prints it so.
    private const string NoField = "<nil>";

    private static readonly string[] IntOrStringTypes = ["integer", "string"];

    /// <summary>The errors of a whole object. The known fields of metadata are not checked here.</summary>
    public static IReadOnlyList<FieldError> Validate(StructuralSchema schema, JsonNode obj) => Validate(schema, obj, old: null);

    /// <summary>
    /// The errors of a whole object that replaces another. What a write leaves as it was is not reported, so that objects that became invalid
    /// with a new schema can still be changed elsewhere. The items of a list are compared only where it is a list of type map.
    /// </summary>
    public static IReadOnlyList<FieldError> Validate(StructuralSchema schema, JsonNode obj, JsonNode? old)
    {
        var errors = new List<FieldError>();
        Check(schema, obj, old, "", errors);
        ListValidator.Check(schema, obj, "", errors);
        return errors;
    }

    /// <summary>The errors of a value that is no whole object, such as a default; their paths start at the value.</summary>
    public static IReadOnlyList<FieldError> ValidateValue(StructuralSchema schema, JsonNode value)
    {
        var errors = new List<FieldError>();
        Check(schema, value, null, "", errors);
        return errors;
    }

    /// <summary>Checks one value; the result counts the checks that passed, by which the best of several alternatives is found.</summary>
    private static int Check(StructuralSchema schema, JsonNode? value, JsonNode? old, string path, List<FieldError> errors)
    {
        var before = errors.Count;
        var passed = CheckValue(schema, value, old, path, errors);
        if (errors.Count > before && old is not null && JsonNode.DeepEquals(value, old))
        {
            errors.RemoveRange(before, errors.Count - before);
        }

        return passed;
    }

    private static int CheckValue(StructuralSchema schema, JsonNode? value, JsonNode? old, string path, List<FieldError> errors)
    {
        if (value is null)
        {
            CheckType(schema, value, path, errors);
            CheckEnum(schema, value, path, errors);
            return 0;
        }

        var start = errors.Count;
        var passed = 1;
        CheckType(schema, value, path, errors);
        passed += CheckJunctors(schema, value, path, errors);
        switch (value)
        {
            case JsonObject obj:
                CheckEnum(schema, value, path, errors);
                passed += CheckObject(schema, obj, old as JsonObject, path, errors);
                break;
            case JsonArray array:
                passed += CheckArray(schema, array, old as JsonArray, path, errors);
                CheckEnum(schema, value, path, errors);
                break;
            default:
                if (value.GetValueKind() == JsonValueKind.String)
                {
                    CheckString(schema, value.GetValue<string>(), path, errors);
                }
                else if (JsonNumber.From(value) is { } number)
                {
                    CheckNumber(schema, number, value, path, errors);
                }

                CheckEnum(schema, value, path, errors);
                break;
        }

        return passed + (errors.Count == start ? 1 : 0);
    }

    private static void CheckType(StructuralSchema schema, JsonNode? value, string path, List<FieldError> errors)
    {
        var expected = schema.IsIntOrString ? "integer,string" : schema.Type;
        if (expected.Length == 0)
        {
            return;
        }

        if (value is null)
        {
            if (!schema.IsNullable)
            {
                errors.Add(WrongType(path, expected, "null"));
            }

            return;
        }

        var number = JsonNumber.From(value);
        var actual = TypeOf(value, number);
        var isInteger = number is { IsInteger: false } n && IsWhole(n.Float) && Expects(schema, "integer");
        var matches = Expects(schema, actual) || isInteger || (actual == "integer" && schema.Type == "number");
        var format = StringFormats.Effective(schema);
        if (format is not null)
        {
            var isStringOrArray = actual is "string" or "array";
            if (!isStringOrArray && !matches)
            {
                errors.Add(WrongType(path, format, number is null ? "" : number.Value.IsInteger ? "int64" : "float64"));
                return;
            }

            if (isStringOrArray && schema.Type is not ("number" or "integer"))
            {
                return;
            }
        }

        if (!matches)
        {
            errors.Add(WrongType(path, expected, actual));
        }
    }

    private static bool Expects(StructuralSchema schema, string type) =>
        schema.IsIntOrString ? Array.IndexOf(IntOrStringTypes, type) >= 0 : schema.Type == type;

    private static string TypeOf(JsonNode value, JsonNumber? number) => value switch
    {
        JsonObject => "object",
        JsonArray => "array",
        _ when number is not null => number.Value.IsInteger ? "integer" : "number",
        _ => value.GetValueKind() == JsonValueKind.String ? "string" : "boolean",
    };

    private static FieldError WrongType(string path, string expected, string actual) =>
        FieldErrors.TypeInvalid(path, actual, $"{InBody(path)} must be of type {expected}: {GoText.Quote(actual)}");

    private static int CheckJunctors(StructuralSchema schema, JsonNode value, string path, List<FieldError> errors)
    {
        var passed = CheckAnyOf(schema.AnyOf, value, path, errors) + CheckOneOf(schema.OneOf, value, path, errors);
        if (schema.AllOf.Count > 0)
        {
            var failed = 0;
            foreach (var each in schema.AllOf)
            {
                var before = errors.Count;
                passed += Check(each, value, null, path, errors);
                failed += errors.Count > before ? 1 : 0;
            }

            if (failed > 0)
            {
                errors.Add(NoFieldError(
                    $"{GoText.Quote(path)} must validate all the schemas (allOf){(failed == schema.AllOf.Count ? ". None validated" : "")}"));
            }
        }

        if (schema.Not is not null)
        {
            var found = new List<FieldError>();
            Check(schema.Not, value, null, path, found);
            if (found.Count == 0)
            {
                errors.Add(NoFieldError($"{GoText.Quote(path)} must not validate the schema (not)"));
            }
        }

        return passed;
    }

    private static int CheckAnyOf(IReadOnlyList<StructuralSchema> alternatives, JsonNode value, string path, List<FieldError> errors)
    {
        if (alternatives.Count == 0)
        {
            return 0;
        }

        var (valid, passed, best) = Try(alternatives, value, path, stopsAtFirst: true);
        if (valid == 0)
        {
            errors.Add(NoFieldError($"{GoText.Quote(path)} must validate at least one schema (anyOf)"));
            errors.AddRange(best);
        }

        return passed;
    }

    private static int CheckOneOf(IReadOnlyList<StructuralSchema> alternatives, JsonNode value, string path, List<FieldError> errors)
    {
        if (alternatives.Count == 0)
        {
            return 0;
        }

        var (valid, passed, best) = Try(alternatives, value, path, stopsAtFirst: false);
        if (valid != 1)
        {
            var found = valid == 0 ? "Found none valid" : string.Create(CultureInfo.InvariantCulture, $"Found {valid} valid alternatives");
            errors.Add(NoFieldError($"{GoText.Quote(path)} must validate one and only one schema (oneOf). {found}"));
            errors.AddRange(best);
        }

        return passed;
    }

    /// <summary>How many alternatives are valid; if none is, the errors of the one that came closest.</summary>
    private static (int Valid, int Passed, List<FieldError> Best) Try(
        IReadOnlyList<StructuralSchema> alternatives, JsonNode value, string path, bool stopsAtFirst)
    {
        var (valid, bestPassed) = (0, -1);
        List<FieldError> best = [];
        foreach (var alternative in alternatives)
        {
            var found = new List<FieldError>();
            var passed = Check(alternative, value, null, path, found);
            if (found.Count == 0)
            {
                valid++;
                (bestPassed, best) = (passed, []);
                if (stopsAtFirst)
                {
                    break;
                }
            }
            else if (valid == 0 && passed > bestPassed)
            {
                (bestPassed, best) = (passed, found);
            }
        }

        return (valid, Math.Max(bestPassed, 0), best);
    }

    private static void CheckString(StructuralSchema schema, string value, string path, List<FieldError> errors)
    {
        // As the real server does: the first of these that fails is the one that is told.
        if (schema.MaxLength is not null || schema.MinLength is not null || schema.Pattern is not null)
        {
            var length = schema.MaxLength is null && schema.MinLength is null ? 0 : Runes(value);
            if (schema.MaxLength is { } maximum && length > maximum)
            {
                errors.Add(FieldErrors.TooLong(path, maximum));
            }
            else if (schema.MinLength is { } minimum && length < minimum)
            {
                errors.Add(FieldErrors.Invalid(
                    path, value, string.Create(CultureInfo.InvariantCulture, $"{InBody(path)} should be at least {minimum} chars long")));
            }
            else if (schema.Pattern is { } pattern && !pattern.IsMatch(value))
            {
                errors.Add(FieldErrors.Invalid(path, value, $"{InBody(path)} should match '{pattern.Text}'"));
            }
        }

        if (schema.Type is "string" or "" && StringFormats.Effective(schema) is { } format && !StringFormats.IsValid(format, value))
        {
            errors.Add(WrongType(path, format, value));
        }
    }

    private static void CheckNumber(StructuralSchema schema, JsonNumber number, JsonNode value, string path, List<FieldError> errors)
    {
        CheckRange(schema, number, path, errors);
        var text = InBody(path);
        if (schema.MultipleOf is { } factor && !IsMultiple(number, factor))
        {
            errors.Add(FieldErrors.Invalid(path, value, $"{text} should be a multiple of {GoText.Float(factor)}"));
        }

        // For an integer the bound is cut to an integer too: a quirk of the real server.
        if (schema.Minimum is { } minimum)
        {
            var bound = number.IsInteger ? Math.Truncate(minimum) : minimum;
            if (number.AsDouble < bound || (schema.IsMinimumExclusive && number.AsDouble == bound))
            {
                errors.Add(FieldErrors.Invalid(
                    path, value, $"{text} should be greater than {(schema.IsMinimumExclusive ? "" : "or equal to ")}{GoText.Float(bound)}"));
            }
        }

        if (schema.Maximum is { } maximum)
        {
            var bound = number.IsInteger ? Math.Truncate(maximum) : maximum;
            if (number.AsDouble > bound || (schema.IsMaximumExclusive && number.AsDouble == bound))
            {
                errors.Add(FieldErrors.Invalid(
                    path, value, $"{text} should be less than {(schema.IsMaximumExclusive ? "" : "or equal to ")}{GoText.Float(bound)}"));
            }
        }
    }

    private static void CheckRange(StructuralSchema schema, JsonNumber number, string path, List<FieldError> errors)
    {
        var format = StringFormats.Effective(schema);
        var fits = schema.Type switch
        {
            "integer" when format == "int32" => IsWhole(number.AsDouble) && number.AsDouble is >= int.MinValue and <= int.MaxValue,
            "integer" => number.IsInteger || (IsWhole(number.Float) && Math.Abs(number.Float) < 1e18),
            "number" when format == "float" => Math.Abs(number.AsDouble) <= float.MaxValue,
            _ => true,
        };
        if (!fits)
        {
            var what = format is null ? $"{schema.Type} (default format)" : $"{schema.Type} with format {format}";
            errors.Add(NoFieldError($"Checked value must be of type {what} in {path}"));
        }
    }

    private static bool IsMultiple(JsonNumber number, double factor)
    {
        if (number.IsInteger && IsWhole(factor))
        {
            return (long)factor is var whole && whole > 0 && number.Integer % whole == 0;
        }

        return factor > 0 && IsWhole(factor < 1 ? 1 / factor * number.AsDouble : number.AsDouble / factor);
    }

    // Beyond 2^53 a double cannot tell integers apart, and none counts as one.
    private static bool IsWhole(double value) => Math.Abs(value) <= 9007199254740991 && Math.Abs(value - Math.Round(value)) < 1e-9;

    private static void CheckEnum(StructuralSchema schema, JsonNode? value, string path, List<FieldError> errors)
    {
        if (schema.Enum is not { Count: > 0 } allowed || (value is not null && allowed.Any(a => a is not null && AreEqual(a, value))))
        {
            return;
        }

        errors.Add(FieldErrors.NotSupported(path, value, allowed.Select(a => a.Text() ?? GoText.Json(a))));
    }

    private static bool AreEqual(JsonNode allowed, JsonNode value) => JsonNumber.From(allowed) is { } a && JsonNumber.From(value) is { } v
        ? a.AsDouble == v.AsDouble
        : JsonNode.DeepEquals(allowed, value);

    private static int CheckArray(StructuralSchema schema, JsonArray array, JsonArray? old, string path, List<FieldError> errors)
    {
        var passed = 0;
        if (schema.Items is { } items)
        {
            var correlate = old is not null && schema.ListType == "map" ? ListValidator.ByKey(schema, old) : null;
            for (var i = 0; i < array.Count; i++)
            {
                var before = correlate?.GetValueOrDefault(ListValidator.KeyOf(schema, array[i]));
                passed += Check(items, array[i], before, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), errors);
            }
        }

        if (schema.MinItems is { } minimum && array.Count < minimum)
        {
            errors.Add(FieldErrors.Invalid(
                path, array.Count, string.Create(CultureInfo.InvariantCulture, $"{InBody(path)} should have at least {minimum} items")));
        }

        if (schema.MaxItems is { } maximum && array.Count > maximum)
        {
            errors.Add(FieldErrors.TooMany(path, array.Count, maximum));
        }

        if (schema.HasUniqueItems && ListValidator.HasDuplicates(array))
        {
            errors.Add(FieldErrors.Invalid(path, "", $"{InBody(path)} shouldn't contain duplicates"));
        }

        return passed;
    }

    private static int CheckObject(StructuralSchema schema, JsonObject obj, JsonObject? old, string path, List<FieldError> errors)
    {
        var passed = 0;
        if (schema.MinProperties is { } minimum && obj.Count < minimum)
        {
            errors.Add(FieldErrors.Invalid(
                path, obj.Count, string.Create(CultureInfo.InvariantCulture, $"{InBody(path)} should have at least {minimum} properties")));
        }

        if (schema.MaxProperties is { } maximum && obj.Count > maximum)
        {
            errors.Add(FieldErrors.TooMany(path, obj.Count, maximum));
        }

        if (schema.AdditionalProperties is { } values)
        {
            foreach (var (name, value) in obj)
            {
                if (!schema.Properties.ContainsKey(name))
                {
                    passed += Check(values, value, old?[name], $"{path}.{name}", errors);
                }
            }
        }

        foreach (var (name, property) in schema.Properties)
        {
            if (!obj.TryGetPropertyValue(name, out var value))
            {
                continue;
            }

            if (path.Length == 0 && name == "metadata")
            {
                passed += CheckMetadata(property, value, errors);
            }
            else
            {
                passed += Check(property, value, old?[name], path.Length == 0 ? name : $"{path}.{name}", errors);
            }
        }

        foreach (var name in schema.Required)
        {
            if (!obj.ContainsKey(name))
            {
                errors.Add(FieldErrors.Required(path.Length == 0 ? name : $"{path}.{name}"));
            }
        }

        return passed + CheckEmbedded(schema, obj, path, errors);
    }

    private static int CheckEmbedded(StructuralSchema schema, JsonObject obj, string path, List<FieldError> errors)
    {
        if (!schema.IsEmbeddedResource)
        {
            return 0;
        }

        foreach (var name in new[] { "apiVersion", "kind" })
        {
            if (obj[name].Text() is null or "")
            {
                errors.Add(FieldErrors.Required($"{path}.{name}"));
            }
        }

        return 0;
    }

    // What every object's metadata must fulfil is not the schema's matter. A schema may restrict these two.
    private static int CheckMetadata(StructuralSchema schema, JsonNode? metadata, List<FieldError> errors)
    {
        var passed = 0;
        foreach (var name in new[] { "name", "generateName" })
        {
            if (metadata.Get(name) is { } value && schema.Properties.TryGetValue(name, out var property))
            {
                passed += Check(property, value, null, $"metadata.{name}", errors);
            }
        }

        return passed;
    }

    private static FieldError NoFieldError(string detail) => FieldErrors.Invalid(NoField, "", detail);

    private static string InBody(string path) => $"{path} in body";

    private static int Runes(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
