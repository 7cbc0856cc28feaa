using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What a CustomResourceDefinition must fulfil beyond the types of its fields.</summary>
internal static class CustomResourceDefinitionRules
{
    private const string ApprovalAnnotation = "api-approved.kubernetes.io";

    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];

    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    /// <summary>
    /// The errors of a definition whose fields have the right types. <paramref name="old"/> is <see langword="null"/> for a create.
    /// </summary>
    public static IReadOnlyList<FieldError> Validate(JsonObject crd, JsonObject? old)
    {
        var errors = new List<FieldError>();
        var spec = crd["spec"]!.AsObject();
        CheckName(crd, spec, errors);
        CheckSpec(spec, errors);
        CheckConversion(spec["conversion"] as JsonObject, errors);
        CheckStoredVersions(crd, spec, errors);
        CheckApproval(crd, spec, old, errors);
        if (spec["preserveUnknownFields"].IsTrue())
        {
            errors.Add(FieldErrors.Invalid("spec.preserveUnknownFields", true,
                "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"));
        }

        if (old is not null)
        {
            CheckUpdate(spec, old, errors);
        }

        return errors;
    }

    /// <summary>Formats that nothing checks, and rules in CEL, which this server does not evaluate.</summary>
    public static IEnumerable<string> Warnings(JsonObject crd)
    {
        foreach (var schema in crd["spec"].Get("versions").Elements().Select(v => v.Get("schema").Get("openAPIV3Schema")).OfType<JsonObject>())
        {
            foreach (var format in SchemaRules.UnknownFormats(schema))
            {
                yield return $"unrecognized format {GoText.Quote(format)}";
            }

            foreach (var (path, rule) in SchemaRules.Validations(schema, ""))
            {
                yield return $"x-kubernetes-validations at {(path.Length == 0 ? "the root" : path)} is not evaluated by this server: {rule}";
            }
        }
    }

    private static void CheckName(JsonObject crd, JsonObject spec, List<FieldError> errors)
    {
        var name = crd["metadata"].Get("name").Text() ?? "";
        if (name != $"{spec["names"].Get("plural").Text()}.{spec["group"].Text()}")
        {
            errors.Add(FieldErrors.Invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
        }
    }

    private static void CheckSpec(JsonObject spec, List<FieldError> errors)
    {
        var group = spec["group"].Text() ?? "";
        if (group.Length == 0)
        {
            errors.Add(FieldErrors.Required("spec.group"));
        }
        else if (DnsNames.CheckSubdomain(group) is { } problem)
        {
            errors.Add(FieldErrors.Invalid("spec.group", group, problem));
        }
        else if (!group.Contains('.', StringComparison.Ordinal))
        {
            errors.Add(FieldErrors.Invalid("spec.group", group, "should be a domain with at least one dot"));
        }

        var scope = spec["scope"].Text() ?? "";
        if (scope.Length == 0)
        {
            errors.Add(FieldErrors.Required("spec.scope"));
        }
        else if (scope is not ("Cluster" or "Namespaced"))
        {
            errors.Add(FieldErrors.NotSupported("spec.scope", scope, ["Cluster", "Namespaced"]));
        }

        CheckVersions(spec, errors);
    }

    private static void CheckVersions(JsonObject spec, List<FieldError> errors)
    {
        var versions = spec["versions"].Elements().Select(v => v as JsonObject ?? []).ToList();

        // What all versions have in common is told once, at the place where it stood before there were several versions.
        var isSchemaCommon = IsCommon(versions, v => v["schema"]);
        var areSubresourcesCommon = IsCommon(versions, v => v["subresources"]);
        var areColumnsCommon = IsCommon(versions, v => v["additionalPrinterColumns"]);
        var areFieldsCommon = IsCommon(versions, v => v["selectableFields"]);
        if (!(isSchemaCommon && versions[0]["schema"].Get("openAPIV3Schema") is JsonObject))
        {
            for (var i = 0; i < versions.Count; i++)
            {
                if (versions[i]["schema"].Get("openAPIV3Schema") is not JsonObject)
                {
                    errors.Add(FieldErrors.Required($"spec.versions[{i}].schema.openAPIV3Schema"));
                }
            }
        }

        for (var i = 0; i < versions.Count; i++)
        {
            var (version, path) = (versions[i], $"spec.versions[{i}]");
            CheckVersion(version, path, errors);
            if (!isSchemaCommon)
            {
                CheckSchema(version, $"{path}.schema.openAPIV3Schema", errors);
            }

            if (!areSubresourcesCommon)
            {
                CheckScale(version, $"{path}.subresources", errors);
            }

            if (!areColumnsCommon)
            {
                CheckColumns(version, $"{path}.additionalPrinterColumns", errors);
            }

            if (!areFieldsCommon)
            {
                CheckSelectableFields(version, $"{path}.selectableFields", errors);
            }
        }

        if (versions.Select(v => v["name"].Text()).Distinct().Count() != versions.Count)
        {
            errors.Add(FieldErrors.Invalid("spec.versions", spec["versions"], "must contain unique version names"));
        }

        if (versions.Count(v => v["storage"].IsTrue()) != 1)
        {
            errors.Add(FieldErrors.Invalid("spec.versions", spec["versions"], "must have exactly one version marked as storage version"));
        }

        if (versions.Count > 0 && DnsNames.CheckLabel1035(versions[0]["name"].Text() ?? "") is { } problem)
        {
            errors.Add(FieldErrors.Invalid("spec.version", versions[0]["name"].Text() ?? "", problem));
        }

        CheckNames(spec["names"] as JsonObject ?? [], errors);
        if (versions.Count == 0)
        {
            return;
        }

        if (isSchemaCommon)
        {
            CheckSchema(versions[0], "spec.validation.openAPIV3Schema", errors);
        }

        if (areSubresourcesCommon)
        {
            CheckScale(versions[0], "spec.subresources", errors);
        }

        if (areColumnsCommon)
        {
            CheckColumns(versions[0], "spec.additionalPrinterColumns", errors);
        }

        if (areFieldsCommon)
        {
            CheckSelectableFields(versions[0], "spec.selectableFields", errors);
        }
    }

    private static bool IsCommon(List<JsonObject> versions, Func<JsonObject, JsonNode?> part) =>
        versions.Count > 0 && part(versions[0]) is { } first && versions.Skip(1).All(v => JsonNode.DeepEquals(part(v), first));

    private static void CheckVersion(JsonObject version, string path, List<FieldError> errors)
    {
        var name = version["name"].Text() ?? "";
        if (DnsNames.CheckLabel1035(name) is { } problem)
        {
            errors.Add(FieldErrors.Invalid($"{path}.name", name, problem));
        }

        if (version["deprecationWarning"] is { } warning && !version["deprecated"].IsTrue())
        {
            errors.Add(FieldErrors.Invalid($"{path}.deprecationWarning", warning, "can only be set for deprecated versions"));
        }
    }

    private static void CheckSchema(JsonObject version, string path, List<FieldError> errors)
    {
        if (version["schema"].Get("openAPIV3Schema") is JsonObject schema)
        {
            SchemaRules.Check(schema, path, version["subresources"].Get("status") is JsonObject, errors);
        }
    }

    private static void CheckScale(JsonObject version, string path, List<FieldError> errors)
    {
        if (version["subresources"].Get("scale") is not JsonObject scale)
        {
            return;
        }

        CheckPath("specReplicasPath", isRequired: true, ".spec");
        CheckPath("statusReplicasPath", isRequired: true, ".status");
        CheckPath("labelSelectorPath", isRequired: false, ".spec", ".status");

        void CheckPath(string field, bool isRequired, params string[] roots)
        {
            var value = scale[field].Text() ?? "";
            if (value.Length == 0)
            {
                if (isRequired)
                {
                    errors.Add(FieldErrors.Required($"{path}.scale.{field}"));
                }
            }
            else if (!value.StartsWith('.'))
            {
                errors.Add(FieldErrors.Invalid($"{path}.scale.{field}", value, "must be a simple json path starting with ."));
            }
            else if (!roots.Any(r => value.StartsWith(r + ".", StringComparison.Ordinal)))
            {
                errors.Add(FieldErrors.Invalid(
                    $"{path}.scale.{field}", value, $"should be a json path under {(roots.Length > 1 ? "either .spec or .status" : roots[0])}"));
            }
        }
    }

    private static void CheckColumns(JsonObject version, string path, List<FieldError> errors)
    {
        var columns = version["additionalPrinterColumns"].Elements();
        for (var i = 0; i < columns.Count; i++)
        {
            CheckColumn(columns[i] as JsonObject ?? [], $"{path}[{i}]", errors);
        }
    }

    private static void CheckColumn(JsonObject column, string path, List<FieldError> errors)
    {
        if (column["name"].Text() is null or "")
        {
            errors.Add(FieldErrors.Required($"{path}.name"));
        }

        var type = column["type"].Text() ?? "";
        var oneOf = $"must be one of {string.Join(",", ColumnTypes)}";
        if (type.Length == 0)
        {
            errors.Add(FieldErrors.Required($"{path}.type", oneOf));
        }
        else if (!ColumnTypes.Contains(type))
        {
            errors.Add(FieldErrors.Invalid($"{path}.type", type, oneOf));
        }

        if (column["format"].Text() is { Length: > 0 } format && !ColumnFormats.Contains(format))
        {
            errors.Add(FieldErrors.Invalid($"{path}.format", format, $"must be one of {string.Join(",", ColumnFormats)}"));
        }

        var jsonPath = column["jsonPath"].Text() ?? "";
        if (jsonPath.Length == 0)
        {
            errors.Add(FieldErrors.Required($"{path}.JSONPath"));
        }
        else if (!jsonPath.StartsWith('.'))
        {
            errors.Add(FieldErrors.Invalid($"{path}.JSONPath", jsonPath, "must be a simple json path starting with ."));
        }
        else
        {
            try
            {
                JsonPath.Parse(jsonPath);
            }
            catch (FormatException e)
            {
                // The real server accepts the definition and then shows no columns; here the author learns of it at once.
                errors.Add(FieldErrors.Invalid($"{path}.JSONPath", jsonPath, e.Message));
            }
        }
    }

    private static void CheckSelectableFields(JsonObject version, string path, List<FieldError> errors)
    {
        var fields = version["selectableFields"].Elements();
        if (fields.Count == 0 || version["schema"].Get("openAPIV3Schema") is not JsonObject schema)
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < fields.Count; i++)
        {
            var jsonPath = fields[i].Get("jsonPath").Text() ?? "";
            var at = $"{path}[{i}].jsonPath";
            if (jsonPath.Length == 0)
            {
                errors.Add(FieldErrors.Required(at));
                continue;
            }

            JsonNode? found = schema;
            foreach (var name in jsonPath.TrimStart('.').Split('.'))
            {
                found = found.Get("properties").Get(name);
            }

            if (!jsonPath.StartsWith('.') || found is null)
            {
                var why = jsonPath.StartsWith('.') ? "does not refer to a valid field" : $"expected [ or . but got: {jsonPath.Split('.')[0]}";
                errors.Add(FieldErrors.Invalid(at, jsonPath, $"is an invalid path: {why}"));
                continue;
            }

            if (jsonPath.StartsWith(".metadata", StringComparison.Ordinal))
            {
                errors.Add(FieldErrors.Invalid(at, jsonPath, "must not point to fields in metadata"));
            }

            if (found.Get("type").Text() is not ("string" or "boolean" or "integer"))
            {
                errors.Add(FieldErrors.Invalid(at, jsonPath,
                    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."));
            }

            if (!seen.Add(jsonPath))
            {
                errors.Add(FieldErrors.Duplicate(at, jsonPath));
            }
        }

        if (seen.Count > 8)
        {
            errors.Add(FieldErrors.TooMany(path, seen.Count, 8));
        }
    }

    private static void CheckNames(JsonObject names, List<FieldError> errors)
    {
        string[] fields = ["plural", "singular", "kind", "listKind"];
        errors.AddRange(fields.Where(f => names[f].Text() is null or "").Select(f => FieldErrors.Required($"spec.names.{f}")));
        foreach (var field in fields)
        {
            var name = names[field].Text() ?? "";
            var mayBeMixed = field is "kind" or "listKind";
            if (name.Length > 0 && DnsNames.CheckLabel1035(mayBeMixed ? Lower(name) : name) is { } problem)
            {
                errors.Add(FieldErrors.Invalid(
                    $"spec.names.{field}", name, (mayBeMixed ? "may have mixed case, but should otherwise match: " : "") + problem));
            }
        }

        CheckLabels("shortNames");
        if (names["kind"].Text() is { Length: > 0 } kind && kind == names["listKind"].Text())
        {
            errors.Add(FieldErrors.Invalid("spec.names.listKind", kind, "kind and listKind may not be the same"));
        }

        CheckLabels("categories");

        void CheckLabels(string list)
        {
            var values = names[list].Elements();
            for (var i = 0; i < values.Count; i++)
            {
                if (DnsNames.CheckLabel1035(values[i].Text() ?? "") is { } problem)
                {
                    errors.Add(FieldErrors.Invalid($"spec.names.{list}[{i}]", values[i], problem));
                }
            }
        }
    }

    private static void CheckConversion(JsonObject? conversion, List<FieldError> errors)
    {
        var strategy = conversion?["strategy"].Text() ?? "";
        if (strategy == "Webhook")
        {
            // Refused rather than stored and not called: objects would be served in the wrong form.
            errors.Add(FieldErrors.NotSupported("spec.conversion.strategy", strategy, ["None"]));
        }
        else if (strategy != "None" && conversion?["strategy"] is not null)
        {
            errors.Add(FieldErrors.NotSupported("spec.conversion.strategy", strategy, ["None", "Webhook"]));
        }
        else if (conversion?["webhook"] is not null)
        {
            errors.Add(FieldErrors.Forbidden("spec.conversion.webhook", "should not be set when strategy is not set to Webhook"));
        }
    }

    private static void CheckStoredVersions(JsonObject crd, JsonObject spec, List<FieldError> errors)
    {
        var versions = spec["versions"].Elements();
        var storage = versions.Where(v => v.Get("storage").IsTrue()).Select(v => v.Get("name").Text()).ToList();
        var all = crd["status"].Get("storedVersions").Elements().Select(v => v.Text()).ToList();
        if (storage.Count > 0 && !all.Contains(storage[0]))
        {
            // The server itself adds the version that it stores from now on.
            all.Add(storage[0]);
        }

        if (all.Count == 0)
        {
            errors.Add(FieldErrors.Invalid("status.storedVersions", null, "must have at least one stored version"));
        }

        foreach (var version in storage.Where(v => !all.Contains(v)))
        {
            errors.Add(FieldErrors.Invalid(
                "status.storedVersions", new JsonArray([.. all.Select(v => JsonValue.Create(v))]), $"must have the storage version {version}"));
        }

        for (var i = 0; i < all.Count; i++)
        {
            var version = all[i];
            if (!versions.Any(v => v.Get("name").Text() == version))
            {
                errors.Add(FieldErrors.Invalid($"status.storedVersions[{i}]", version,
                    $"missing from spec.versions; {version} was previously a storage version, and must remain in spec.versions until a storage "
                    + $"migration ensures no data remains persisted in {version} and removes {version} from status.storedVersions"));
            }
        }
    }

    private static void CheckApproval(JsonObject crd, JsonObject spec, JsonObject? old, List<FieldError> errors)
    {
        var group = spec["group"].Text() ?? "";
        if (!$".{group}".EndsWith(".k8s.io", StringComparison.Ordinal) && !$".{group}".EndsWith(".kubernetes.io", StringComparison.Ordinal))
        {
            return;
        }

        var approval = crd["metadata"].Get("annotations").Get(ApprovalAnnotation).Text() ?? "";
        if (old is not null && approval == (old["metadata"].Get("annotations").Get(ApprovalAnnotation).Text() ?? ""))
        {
            return;
        }

        const string Field = $"metadata.annotations[{ApprovalAnnotation}]";
        const string See = "see https://github.com/kubernetes/enhancements/pull/1111";
        if (approval.Length == 0)
        {
            errors.Add(FieldErrors.Required(Field, $"protected groups must have approval annotation \"{ApprovalAnnotation}\", {See}"));
        }
        else if (!approval.StartsWith("unapproved", StringComparison.Ordinal)
            && !(Uri.TryCreate(approval, UriKind.Absolute, out var uri) && uri.Host.Length > 0))
        {
            errors.Add(FieldErrors.Invalid(Field, approval,
                $"protected groups must have approval annotation \"{ApprovalAnnotation}\" with either a URL or a reason starting with \"unapproved\", {See}"));
        }
    }

    private static void CheckUpdate(JsonObject spec, JsonObject old, List<FieldError> errors)
    {
        Immutable("spec.group", spec["group"], old["spec"].Get("group"));
        Immutable("spec.names.plural", spec["names"].Get("plural"), old["spec"].Get("names").Get("plural"));
        if (CustomResourceDefinitions.HasCondition(old, "Established"))
        {
            Immutable("spec.scope", spec["scope"], old["spec"].Get("scope"));
            Immutable("spec.names.kind", spec["names"].Get("kind"), old["spec"].Get("names").Get("kind"));
        }

        void Immutable(string field, JsonNode? value, JsonNode? before)
        {
            if (!JsonNode.DeepEquals(value, before))
            {
                errors.Add(FieldErrors.Invalid(field, value, "field is immutable"));
            }
        }
    }

    private static string Lower(string name) => string.Create(name.Length, name, (span, text) => text.AsSpan().ToLowerInvariant(span));
}
