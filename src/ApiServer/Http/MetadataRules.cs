using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Http;

/// <summary>What Kubernetes demands of names, labels, annotations and the other metadata that clients set, and how it words a refusal.</summary>
internal static partial class MetadataRules
{
    private static readonly string[] OwnerFields = ["kind", "name", "uid"];

    private static readonly string[] ImmutableFields = ["name", "namespace", "uid"];

    private static readonly string[] SetByDeletion = ["deletionTimestamp", "deletionGracePeriodSeconds"];

    private const int MaximumSubdomainLength = 253;

    private const int MaximumLabelLength = 63;

    private const int MaximumAnnotationBytes = 256 * 1024;

    private const string SubdomainText =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelText =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character "
        + "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string QualifiedNameText =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string LabelValueText =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    /// <summary>Why <paramref name="name"/> cannot name an object; <see langword="null"/> if it can.</summary>
    public static IEnumerable<string> SubdomainErrors(string name)
    {
        if (name.Length > MaximumSubdomainLength)
        {
            yield return "must be no more than 253 characters";
        }

        if (!Subdomain().IsMatch(name))
        {
            yield return SubdomainText;
        }
    }

    /// <summary>Why <paramref name="name"/> is not a DNS label (the names of namespaces, for one).</summary>
    public static IEnumerable<string> LabelErrors(string name)
    {
        if (name.Length > MaximumLabelLength)
        {
            yield return "must be no more than 63 bytes";
        }

        if (!Label().IsMatch(name))
        {
            yield return LabelText;
        }
    }

    /// <summary>Why <paramref name="key"/> cannot be the key of a label or an annotation.</summary>
    public static IEnumerable<string> QualifiedNameErrors(string key) => IsQualifiedName(key) ? [] : ListQualifiedNameErrors(key);

    private static bool IsQualifiedName(ReadOnlySpan<char> key)
    {
        var end = key.IndexOf('/');
        var name = key[(end + 1)..];
        return (end < 0 || (end <= MaximumSubdomainLength && Subdomain().IsMatch(key[..end])))
            && name.Length <= MaximumLabelLength && QualifiedName().IsMatch(name);
    }

    private static IEnumerable<string> ListQualifiedNameErrors(string key)
    {
        var parts = key.Split('/');
        if (parts.Length > 2)
        {
            yield return $"a valid label key {QualifiedNameText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            yield break;
        }

        if (parts.Length == 2)
        {
            var prefixErrors = parts[0].Length == 0 ? ["must be non-empty"] : SubdomainErrors(parts[0]);
            foreach (var error in prefixErrors)
            {
                yield return $"prefix part {error}";
            }
        }

        var name = parts[^1];
        if (name.Length == 0)
        {
            yield return "name part must be non-empty";
        }

        if (name.Length > MaximumLabelLength)
        {
            yield return "name part must be no more than 63 bytes";
        }

        if (!QualifiedName().IsMatch(name))
        {
            yield return $"name part {QualifiedNameText}";
        }
    }

    public static string? LabelValueError(string value)
    {
        if (value.Length > MaximumLabelLength)
        {
            return "must be no more than 63 bytes";
        }

        return value.Length == 0 || QualifiedName().IsMatch(value) ? null : LabelValueText;
    }

    /// <summary>Checks the metadata of an object, whose fields have the right types.</summary>
    public static IEnumerable<FieldError> Validate(JsonObject metadata, bool isNamespaced, Func<string, IEnumerable<string>> nameErrors)
    {
        var generateName = Text(metadata, "generateName");
        if (generateName.Length > 0)
        {
            // What is appended makes a valid end. Kubernetes checks the name that it has with the last two characters replaced.
            foreach (var error in nameErrors(generateName.Length > 1 && generateName.EndsWith('-') ? generateName[..^2] + "a" : generateName))
            {
                yield return Bad("metadata.generateName", generateName, error);
            }
        }

        var name = Text(metadata, "name");
        if (name.Length == 0)
        {
            yield return new FieldError("FieldValueRequired", "metadata.name", "Required value: name or generateName is required");
        }
        else
        {
            foreach (var error in nameErrors(name))
            {
                yield return Bad("metadata.name", name, error);
            }
        }

        var ns = Text(metadata, "namespace");
        if (isNamespaced)
        {
            foreach (var error in LabelErrors(ns))
            {
                yield return Bad("metadata.namespace", ns, error);
            }
        }
        else if (ns.Length > 0)
        {
            yield return new FieldError("FieldValueForbidden", "metadata.namespace", "Forbidden: not allowed on this type");
        }

        foreach (var (key, value) in metadata["labels"] as JsonObject ?? [])
        {
            foreach (var error in QualifiedNameErrors(key))
            {
                yield return Bad("metadata.labels", key, error);
            }

            var text = value?.GetValue<string>() ?? "";
            if (LabelValueError(text) is { } valueError)
            {
                yield return Bad("metadata.labels", text, valueError);
            }
        }

        var annotationBytes = 0L;
        foreach (var (key, value) in metadata["annotations"] as JsonObject ?? [])
        {
            // The name part of an annotation may be written in capitals.
            foreach (var error in QualifiedNameErrors(key.ToLowerInvariant()))
            {
                yield return Bad("metadata.annotations", key, error);
            }

            annotationBytes += key.Length + System.Text.Encoding.UTF8.GetByteCount(value?.GetValue<string>() ?? "");
        }

        if (annotationBytes > MaximumAnnotationBytes)
        {
            yield return new FieldError(
                "FieldValueTooLong", "metadata.annotations", $"Too long: may not be more than {MaximumAnnotationBytes} bytes");
        }

        foreach (var error in OwnerErrors(metadata["ownerReferences"] as JsonArray ?? []))
        {
            yield return error;
        }

        if (metadata["finalizers"] is JsonArray finalizers && Texts(metadata, "finalizers").Intersect(["orphan", "foregroundDeletion"]).Count() == 2)
        {
            yield return FieldErrors.Invalid("metadata.finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
        }

        foreach (var finalizer in metadata["finalizers"] as JsonArray ?? [])
        {
            var text = finalizer?.GetValue<string>() ?? "";
            foreach (var error in QualifiedNameErrors(text))
            {
                yield return Bad("metadata.finalizers", text, error);
            }
        }
    }

    /// <summary>Checks what an update must not change.</summary>
    public static IEnumerable<FieldError> ValidateUpdate(JsonObject metadata, JsonObject old)
    {
        if (Text(old, "deletionTimestamp").Length > 0)
        {
            var before = Texts(old, "finalizers");
            var added = Texts(metadata, "finalizers").Except(before).ToList();
            if (added.Count > 0)
            {
                yield return new FieldError(
                    "FieldValueForbidden",
                    "metadata.finalizers",
                    $"Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(static a => $"\"{a}\""))}}}");
            }
        }

        foreach (var field in SetByDeletion)
        {
            if (metadata[field] is { } value && !JsonNode.DeepEquals(value, old[field]))
            {
                yield return FieldErrors.Invalid($"metadata.{field}", value, "field is immutable");
            }
        }

        foreach (var field in ImmutableFields)
        {
            if (Text(metadata, field) != Text(old, field))
            {
                yield return new FieldError(
                    "FieldValueInvalid", $"metadata.{field}", $"Invalid value: \"{Text(metadata, field)}\": field is immutable");
            }
        }
    }

    /// <summary>Takes out owners that stand there twice.</summary>
    /// <returns>What the answer says of it in a <c>Warning</c> header; <see langword="null"/> where there was nothing to do.</returns>
    public static string? DropRepeatedOwners(JsonObject metadata)
    {
        if (metadata["ownerReferences"] is not JsonArray { Count: > 1 } owners)
        {
            return null;
        }

        var kept = new List<JsonNode?>();
        var repeated = new List<string>();
        foreach (var owner in owners)
        {
            if (kept.Exists(other => JsonNode.DeepEquals(other, owner)))
            {
                repeated.Add(Text(owner as JsonObject ?? [], "uid"));
            }
            else
            {
                kept.Add(owner);
            }
        }

        if (repeated.Count == 0)
        {
            return null;
        }

        metadata["ownerReferences"] = new JsonArray([.. kept.Select(static owner => owner?.DeepClone())]);
        return ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; "
            + $"please fix your requests; duplicate UID(s) observed: {string.Join(", ", repeated)}";
    }

    /// <summary>What the answer to a write says in <c>Warning</c> headers about metadata that is valid but unwise.</summary>
    public static IEnumerable<string> Warnings(JsonObject metadata) =>
        from finalizer in Texts(metadata, "finalizers")
        where !finalizer.Contains('/', StringComparison.Ordinal) && finalizer is not ("orphan" or "foregroundDeletion" or "kubernetes")
        select $"metadata.finalizers: \"{finalizer}\": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers";

    public static string Text(JsonObject obj, string field) => obj[field] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    public static IEnumerable<string> Texts(JsonObject obj, string field) =>
        (obj[field] as JsonArray ?? []).OfType<JsonValue>().Select(static v => v.TryGetValue(out string? text) ? text : "");

    private static IEnumerable<FieldError> OwnerErrors(JsonArray owners)
    {
        var controller = "";
        foreach (var owner in owners.OfType<JsonObject>())
        {
            var (apiVersion, kind) = (Text(owner, "apiVersion"), Text(owner, "kind"));
            if (apiVersion.Length == 0 || apiVersion.EndsWith('/') || apiVersion.Count('/') > 1)
            {
                yield return Bad("metadata.ownerReferences.apiVersion", apiVersion, "version must not be empty");
            }

            foreach (var field in OwnerFields)
            {
                if (Text(owner, field).Length == 0)
                {
                    yield return Bad($"metadata.ownerReferences.{field}", "", "must not be empty");
                }
            }

            if (apiVersion == "v1" && kind == "Event")
            {
                yield return new FieldError(
                    "FieldValueInvalid", "metadata.ownerReferences", $"Invalid value: {owner.ToJsonString()}: /v1, Kind=Event is disallowed from being an owner");
            }

            if (owner["controller"] is JsonValue value && value.TryGetValue(out bool isController) && isController)
            {
                var name = $"{kind}/{Text(owner, "name")}";
                if (controller.Length > 0)
                {
                    yield return new FieldError(
                        "FieldValueInvalid",
                        "metadata.ownerReferences",
                        $"Invalid value: {owners.ToJsonString()}: Only one reference can have Controller set to true. "
                        + $"Found \"true\" in references for {controller} and {name}");
                }

                controller = name;
            }
        }
    }

    private static FieldError Bad(string field, string value, string why) => new("FieldValueInvalid", field, $"Invalid value: \"{value}\": {why}");

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z")]
    private static partial Regex QualifiedName();
}
