using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Patching;
using CrMonitor.ApiServer.Schema;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>Reads the parameters of writes.</summary>
internal static class WriteParameters
{
    private const int MaximumManagerLength = 128;

    private static readonly (string Field, JsonValueKind[] Kinds, string Type)[] DeletionFields =
    [
        ("propagationPolicy", [JsonValueKind.String], "v1.DeletionPropagation"),
        ("orphanDependents", [JsonValueKind.True, JsonValueKind.False], "bool"),
        ("gracePeriodSeconds", [JsonValueKind.Number], "int64"),
        ("dryRun", [JsonValueKind.Array], "[]string"),
        ("preconditions", [JsonValueKind.Object], "v1.Preconditions"),
    ];

    /// <param name="request">The request.</param>
    /// <param name="kind">What errors call the parameters, such as <c>CreateOptions</c>.</param>
    /// <param name="isApply">Whether it is a server-side apply.</param>
    /// <exception cref="ApiException">422: a parameter is not valid.</exception>
    public static WriteOptions Parse(HttpRequest request, string kind, bool isApply)
    {
        var query = request.Query;
        var manager = RequestPath.First(query, "fieldManager") ?? "";
        var validation = RequestPath.First(query, "fieldValidation") ?? "";
        var errors = new List<FieldError>();
        if (isApply && manager.Length == 0)
        {
            errors.Add(FieldErrors.Required("fieldManager", "is required for apply patch"));
        }
        else if (!isApply && kind == "PatchOptions" && query.ContainsKey("force"))
        {
            errors.Add(FieldErrors.Forbidden("force", "may not be specified for non-apply patch"));
        }

        if (System.Text.Encoding.UTF8.GetByteCount(manager) > MaximumManagerLength)
        {
            errors.Add(FieldErrors.TooLong("fieldManager", MaximumManagerLength));
        }

        for (int i = 0, position = 0; i < manager.Length; position += Rune.GetRuneAt(manager, i).Utf8SequenceLength, i += Rune.GetRuneAt(manager, i).Utf16SequenceLength)
        {
            if (!GoText.IsPrintable(Rune.GetRuneAt(manager, i)))
            {
                errors.Add(FieldErrors.Invalid(
                    "fieldManager", manager, $"invalid character U+{Rune.GetRuneAt(manager, i).Value:X4} (at position {position})"));
            }
        }

        AddDryRunErrors(query["dryRun"], errors);
        if (validation is not ("" or "Ignore" or "Warn" or "Strict"))
        {
            errors.Add(FieldErrors.NotSupported("fieldValidation", JsonValue.Create(validation), ["", "Ignore", "Strict", "Warn"]));
        }

        if (errors.Count > 0)
        {
            throw ApiErrors.InvalidOptions(kind, errors);
        }

        return new WriteOptions
        {
            FieldManager = ManagedFields.ManagerName(manager, request.Headers.UserAgent),
            IsDryRun = query.ContainsKey("dryRun"),
            FieldValidation = validation switch
            {
                "Strict" => FieldValidation.Strict,
                "Ignore" => FieldValidation.Ignore,
                _ => FieldValidation.Warn,
            },
            IsForced = query.ContainsKey("force") && RequestPath.IsTrue(RequestPath.First(query, "force")),
        };
    }

    /// <summary>Reads the parameters of a deletion, which stand in the body, in the query, or in both.</summary>
    /// <exception cref="ApiException">400 or 422.</exception>
    public static DeletionOptions ParseDeletion(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        JsonObject options = [];
        var query = request.Query;
        if (body.Length > 0)
        {
            options = ParseDeletionBody(body);
        }
        else
        {
            // The query counts only where there is no body.
            foreach (var name in (ReadOnlySpan<string>)["propagationPolicy", "orphanDependents", "gracePeriodSeconds"])
            {
                if (RequestPath.First(query, name) is { } value)
                {
                    options[name] = value;
                }

                if (name == "gracePeriodSeconds" && options[name] is { } seconds
                    && !long.TryParse(seconds.GetValue<string>(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
                {
                    throw ApiErrors.BadRequest(ApiErrors.NotANumber("ParseInt", seconds.GetValue<string>()));
                }
            }
        }

        var dryRun = body.Length > 0
            ? MetadataRules.Texts(options, "dryRun").ToList()
            : [.. query["dryRun"].Select(static v => v ?? "")];
        var policy = options["propagationPolicy"]?.GetValue<string>();
        bool? orphans = options["orphanDependents"] is not { } orphan ? null
            : orphan.GetValueKind() == JsonValueKind.String ? RequestPath.IsTrue(orphan.GetValue<string>())
            : orphan.GetValue<bool>();
        var errors = new List<FieldError>();
        AddDryRunErrors(dryRun, errors);
        if (policy is not null && orphans is not null)
        {
            errors.Add(FieldErrors.Invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set"));
        }
        else if (policy is not (null or "Foreground" or "Background" or "Orphan"))
        {
            errors.Add(FieldErrors.NotSupported("propagationPolicy", JsonValue.Create(policy), ["Foreground", "Background", "Orphan", "nil"]));
        }

        if (errors.Count > 0)
        {
            throw ApiErrors.InvalidOptions("DeleteOptions", errors);
        }

        var preconditions = body.Length > 0
            ? options["preconditions"] as JsonObject ?? []
            : new JsonObject { ["uid"] = RequestPath.First(query, "uid"), ["resourceVersion"] = RequestPath.First(query, "resourceVersion") };
        return new DeletionOptions
        {
            Uid = NullIfEmpty(MetadataRules.Text(preconditions, "uid")),
            ResourceVersion = NullIfEmpty(MetadataRules.Text(preconditions, "resourceVersion")),
            PropagationPolicy = policy ?? orphans switch { true => "Orphan", false => "Background", null => null },
            IsAccepted = orphans == false,
            IsDryRun = dryRun.Count > 0,
        };
    }

    private static JsonObject ParseDeletionBody(ReadOnlyMemory<byte> body)
    {
        JsonNode? node;
        try
        {
            node = JsonText.Parse(body.Span, out _);
        }
        catch (JsonException e)
        {
            throw ApiErrors.BadRequest($"couldn't get version/kind; json parse error: {ObjectDecoder.Describe(e, body)}");
        }

        if (node is null)
        {
            return [];
        }

        if (node is not JsonObject options)
        {
            throw ApiErrors.BadRequest($"couldn't get version/kind; json parse error: {ObjectDecoder.NotTyped(node)}");
        }

        if (MetadataRules.Text(options, "kind") is { Length: > 0 } kind and not "DeleteOptions")
        {
            throw ApiErrors.BadRequest(
                $"no kind \"{kind}\" is registered for version \"{MetadataRules.Text(options, "apiVersion")}\" in scheme "
                + "\"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"");
        }

        foreach (var (field, kinds, type) in DeletionFields)
        {
            if (options[field] is { } value && !kinds.Contains(value.GetValueKind()))
            {
                throw ApiErrors.BadRequest(
                    $"json: cannot unmarshal {ObjectDecoder.TypeName(value)} into Go struct field DeleteOptions.{field} of type {type}");
            }
        }

        return options;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static void AddDryRunErrors(IReadOnlyCollection<string?> dryRun, List<FieldError> errors)
    {
        if (dryRun.Any(static v => v != "All"))
        {
            errors.Add(FieldErrors.NotSupported("dryRun", new JsonArray([.. dryRun.Select(static v => JsonValue.Create(v))]), ["All"]));
        }
    }
}
