using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Patching;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>Reads the parameters of writes.</summary>
internal static class WriteParameters
{
    private const int MaximumManagerLength = 128;

    /// <param name="request">The request.</param>
    /// <param name="kind">What errors call the parameters, such as <c>CreateOptions</c>.</param>
    /// <param name="isApply">Whether it is a server-side apply.</param>
    /// <exception cref="ApiException">422: a parameter is not valid.</exception>
    public static WriteOptions Parse(HttpRequest request, string kind, bool isApply)
    {
        var query = request.Query;
        var manager = (string?)query["fieldManager"] ?? "";
        var validation = (string?)query["fieldValidation"] ?? "";
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

        AddDryRunErrors(query, errors);
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
            IsForced = query.ContainsKey("force") && RequestPath.IsTrue(query["force"]),
        };
    }

    /// <summary>Reads the parameters of a deletion, which stand in the body, in the query, or in both.</summary>
    /// <exception cref="ApiException">400 or 422.</exception>
    public static DeletionOptions ParseDeletion(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        JsonObject options = [];
        if (body.Length > 0)
        {
            try
            {
                options = JsonText.Parse(body.Span, out _) as JsonObject ?? throw ApiErrors.BadRequest("the options of a deletion are not an object");
            }
            catch (JsonException e)
            {
                throw ApiErrors.BadRequest($"couldn't get version/kind; json parse error: {ObjectDecoder.Describe(e, body)}");
            }
        }

        var query = request.Query;
        var errors = new List<FieldError>();
        AddDryRunErrors(query, errors);
        var policy = Setting(options, query, "propagationPolicy");
        if (policy is not (null or "Foreground" or "Background" or "Orphan"))
        {
            errors.Add(FieldErrors.NotSupported("propagationPolicy", JsonValue.Create(policy), ["Foreground", "Background", "Orphan", "nil"]));
        }

        if (errors.Count > 0)
        {
            throw ApiErrors.InvalidOptions("DeleteOptions", errors);
        }

        if (policy is null && Setting(options, query, "orphanDependents") is { } orphans)
        {
            policy = RequestPath.IsTrue(orphans) ? "Orphan" : "Background";
        }

        var preconditions = options["preconditions"] as JsonObject ?? [];
        return new DeletionOptions
        {
            Uid = NullIfEmpty(MetadataRules.Text(preconditions, "uid")),
            ResourceVersion = NullIfEmpty(MetadataRules.Text(preconditions, "resourceVersion")),
            PropagationPolicy = policy,
            IsDryRun = query.ContainsKey("dryRun") || options["dryRun"] is JsonArray { Count: > 0 },
        };
    }

    private static string? Setting(JsonObject options, IQueryCollection query, string name) =>
        options[name] is { } value ? value.ToString() : NullIfEmpty(query[name]);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static void AddDryRunErrors(IQueryCollection query, List<FieldError> errors)
    {
        if (query.ContainsKey("dryRun") && query["dryRun"] is var values && values.Any(static v => v != "All"))
        {
            errors.Add(FieldErrors.NotSupported("dryRun", new JsonArray([.. values.Select(static v => JsonValue.Create(v))]), ["All"]));
        }
    }
}
