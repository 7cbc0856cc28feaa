using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What a CustomResourceDefinition must fulfil beyond the types of its fields.</summary>
internal static class CustomResourceDefinitionRules
{
    private const string ApprovalAnnotation = "api-approved.kubernetes.io";

    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];

    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    /// <summary>The errors of a definition whose fields have the right types. <paramref name="old"/> is <see langword="null"/> for a create.</summary>
    public static IReadOnlyList<FieldError> Validate(JsonObject crd, JsonObject? old)
    {
        var errors = new List<FieldError>();
        var spec = crd["spec"]!.AsObject();
        CheckName(crd, spec, errors);
        CheckSpec(spec, errors);
        CheckNames(spec["names"]!.AsObject(), errors);
        CheckConversion(spec["conversion"] as JsonObject, errors);
        CheckApproval(crd, spec, old, errors);
        if (spec["preserveUnknownFields"].IsTrue())
        {
            errors.Add(FieldErrors.Invalid("spec.preserveUnknownFields", true,
                "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"));
        }

        if (old is not null)
        {
            CheckUpdate(crd, spec, old, errors);
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

        var versions = spec["versions"].Elements();
        for (var i = 0; i < versions.Count; i++)
        {
            if (versions[i].Get("schema").Get("openAPIV3Schema") is not JsonObject)
            {
                errors.Add(FieldErrors.Required($"spec.versions[{i}].schema.openAPIV3Schema"));
            }
        }

        for (var i = 0; i < versions.Count; i++)
        {
            CheckVersion(versions[i]!.AsObject(), $"spec.versions[{i}]", errors);
        }

        if (versions.Select(v => v.Get("name").Text()).Distinct().Count() != versions.Count)
        {
            errors.Add(FieldErrors.Invalid("spec.versions", spec["versions"], "must contain unique version names"));
        }

        if (versions.Count(v => v.Get("storage").IsTrue()) != 1)
        {
            errors.Add(FieldErrors.Invalid("spec.versions", spec["versions"], "must have exactly one version marked as storage version"));
        }
    }

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

        var schema = version["schema"].Get("openAPIV3Schema") as JsonObject;
        if (schema is not null)
        {
            SchemaRules.Check(schema, $"{path}.schema.openAPIV3Schema", version["subresources"].Get("status") is JsonObject, errors);
        }

        CheckScale(version["subresources"].Get("scale"), $"{path}.subresources.scale", errors);
        var columns = version["additionalPrinterColumns"].Elements();
        for (var i = 0; i < columns.Count; i++)
        {
            CheckColumn(columns[i]!.AsObject(), $"{path}.additionalPrinterColumns[{i}]", errors);
        }

        if (version["selectableFields"].Elements() is { Count: > 0 } fields && schema is not null)
        {
            CheckSelectableFields(fields, schema, $"{path}.selectableFields", errors);
        }
    }

    private static void CheckScale(JsonNode? scale, string path, List<FieldError> errors)
    {
        if (scale is not JsonObject)
        {
            return;
        }

        CheckPath("specReplicasPath", isRequired: true, ".spec");
        CheckPath("statusReplicasPath", isRequired: true, ".status");
        CheckPath("labelSelectorPath", isRequired: false, ".spec", ".status");

        void CheckPath(string field, bool isRequired, params string[] roots)
        {
            var value = scale.Get(field).Text() ?? "";
            if (value.Length == 0)
            {
                if (isRequired && scale.Get(field) is not null)
                {
                    errors.Add(FieldErrors.Required($"{path}.{field}"));
                }
            }
            else if (!value.StartsWith('.'))
            {
                errors.Add(FieldErrors.Invalid($"{path}.{field}", value, "must be a simple json path starting with ."));
            }
            else if (!roots.Any(r => value.StartsWith(r + ".", StringComparison.Ordinal)))
            {
                errors.Add(FieldErrors.Invalid($"{path}.{field}", value, $"should be a json path under {(roots.Length > 1 ? "either .spec or .status" : roots[0])}"));
            }
        }
    }

    private static void CheckColumn(JsonObject column, string path, List<FieldError> errors)
    {
        if (column["name"].Text() is "")
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
    }

    private static void CheckSelectableFields(IReadOnlyList<JsonNode?> fields, JsonObject schema, string path, List<FieldError> errors)
    {
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
                errors.Add(FieldErrors.Invalid(at, jsonPath, "is an invalid path: does not refer to a valid field"));
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
        foreach (var field in new[] { "plural", "singular", "kind", "listKind" })
        {
            var name = names[field].Text() ?? "";
            if (name.Length == 0)
            {
                // The schema reports the two required ones when they are absent.
                if (names[field] is not null || field is "singular" or "listKind")
                {
                    errors.Add(FieldErrors.Required($"spec.names.{field}"));
                }

                continue;
            }

            var mayBeMixed = field is "kind" or "listKind";
            if (DnsNames.CheckLabel1035(mayBeMixed ? Lower(name) : name) is { } problem)
            {
                errors.Add(FieldErrors.Invalid($"spec.names.{field}", name, (mayBeMixed ? "may have mixed case, but should otherwise match: " : "") + problem));
            }
        }

        foreach (var list in new[] { "shortNames", "categories" })
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

        if (names["kind"].Text() is { Length: > 0 } kind && kind == names["listKind"].Text())
        {
            errors.Add(FieldErrors.Invalid("spec.names.listKind", kind, "kind and listKind may not be the same"));
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
        else if (!approval.StartsWith("unapproved", StringComparison.Ordinal) && !(Uri.TryCreate(approval, UriKind.Absolute, out var uri) && uri.Host.Length > 0))
        {
            errors.Add(FieldErrors.Invalid(Field, approval,
                $"protected groups must have approval annotation \"{ApprovalAnnotation}\" with either a URL or a reason starting with \"unapproved\", {See}"));
        }
    }

    private static void CheckUpdate(JsonObject crd, JsonObject spec, JsonObject old, List<FieldError> errors)
    {
        Immutable("spec.group", spec["group"], old["spec"].Get("group"));
        Immutable("spec.names.plural", spec["names"].Get("plural"), old["spec"].Get("names").Get("plural"));
        if (CustomResourceDefinitions.HasCondition(old, "Established"))
        {
            Immutable("spec.scope", spec["scope"], old["spec"].Get("scope"));
            Immutable("spec.names.kind", spec["names"].Get("kind"), old["spec"].Get("names").Get("kind"));
        }

        var stored = crd["status"].Get("storedVersions").Elements();
        var versions = spec["versions"].Elements().Select(v => v.Get("name").Text()).ToHashSet();
        for (var i = 0; i < stored.Count; i++)
        {
            if (stored[i].Text() is { } version && !versions.Contains(version))
            {
                errors.Add(FieldErrors.Invalid($"status.storedVersions[{i}]", version,
                    $"missing from spec.versions; {version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains "
                    + $"persisted in {version} and removes {version} from status.storedVersions"));
            }
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
