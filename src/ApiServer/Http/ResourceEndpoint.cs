using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Patching;
using CrMonitor.ApiServer.Protobuf;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;
using CrMonitor.ApiServer.Watching;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>Serves requests for resources.</summary>
internal sealed class ResourceEndpoint(
    ObjectStore store, ResourceRegistry registry, ResourceWriter writer, TableConverter tables, RequestLog log, TimeSpan bookmarkInterval, CancellationToken stopping)
{
    // A watch without a time of its own lasts between this and twice this, so that clients do not all come back at once.
    private static readonly TimeSpan MinimumWatch = TimeSpan.FromMinutes(30);

    private const int FlushThreshold = 64 * 1024;

    /// <returns>False if there is no such resource.</returns>
    public async Task<bool> TryServeAsync(HttpContext context, ActiveRequest active)
    {
        var request = active.Request;
        if (registry.Find(request.Group, request.Version, request.Resource) is not { } definition
            || (request.Namespace.Length > 0 && !definition.IsNamespaced)
            || (definition.IsNamespaced && request is { Namespace: "", Verb: not ("list" or "watch") }))
        {
            return false;
        }

        if (definition.DeprecationWarning is { } deprecated)
        {
            Responses.AddWarnings(context.Response, [deprecated]);
        }

        await (request.Subresource switch
        {
            "" => ServeAsync(context, active, definition),
            "status" when definition.HasStatus => ServePartAsync(context, request, definition),
            "scale" when definition.Scale is { } scale => ServeScaleAsync(context, request, definition, scale),
            "finalize" when definition is { Group: "", Plural: "namespaces" } => ServePartAsync(context, request, definition),
            _ => throw ApiErrors.NotFound(definition.Group, definition.Plural, request.Name),
        });
        return true;
    }

    private Task ServeAsync(HttpContext context, ActiveRequest active, ResourceDefinition definition)
    {
        var request = active.Request;
        return request.Verb switch
        {
            "get" => GetAsync(context, request, definition),
            "list" => ListAsync(context, request, definition),
            "watch" => WatchAsync(context, active, definition),
            "create" when request.Name.Length == 0 || IsCustom(definition) => CreateAsync(context, request, definition),
            "update" or "patch" when request.Name.Length == 0 => throw ApiErrors.BadRequest("name must be provided"),
            "update" => UpdateAsync(context, request, definition),
            "patch" => PatchAsync(context, request, definition),
            "delete" => DeleteAsync(context, request, definition),
            "deletecollection" => DeleteCollectionAsync(context, request, definition),
            "create" => throw ApiErrors.MethodNotAllowed(definition.Group, definition.Plural, request.Verb),

            // Kubernetes has no verb for the method, and so names none.
            _ => throw ApiErrors.MethodNotAllowed(definition.Group, definition.Plural, ""),
        };
    }

    private Task ServePartAsync(HttpContext context, ApiRequest request, ResourceDefinition definition) => request.Verb switch
    {
        "get" => GetAsync(context, request, definition),
        "update" => UpdateAsync(context, request, definition),
        "patch" => PatchAsync(context, request, definition),
        _ => throw ApiErrors.MethodNotAllowed(definition.Group, definition.Plural, request.Verb),
    };

    private async Task ServeScaleAsync(HttpContext context, ApiRequest request, ResourceDefinition definition, ScaleSubresource scale)
    {
        StoredObject obj;
        switch (request.Verb)
        {
            case "get":
                obj = store.Table(definition.StorageKey).Find(StoredObject.KeyOf(request.Namespace, request.Name))
                    ?? throw ApiErrors.NotFound(definition.Group, definition.Plural, request.Name);
                break;

            case "update" or "patch":
                var isPatch = request.Verb == "patch";
                var type = RequestBody.MediaTypeOf(context.Request);
                if (isPatch && type is not ("application/json-patch+json" or "application/merge-patch+json"))
                {
                    throw ApiErrors.UnsupportedMediaType("application/json-patch+json", "application/merge-patch+json");
                }

                var options = WriteParameters.Parse(context.Request, isPatch ? "PatchOptions" : "UpdateOptions", isApply: false);
                var body = ParsePatch(
                    isPatch
                        ? await RequestBody.ReadAsync(context)
                        : (await RequestBody.ReadObjectAsync(context, ScaleForm.ApiVersion, ScaleForm.Kind)).Json,
                    out _);
                obj = writer.Update(
                    definition,
                    request.Namespace,
                    request.Name,
                    "scale",
                    live =>
                    {
                        var shown = isPatch
                            ? ApplyPatch(type, definition, ScaleForm.Show(live, scale), body)
                            : body as JsonObject ?? throw ApiErrors.BadRequest("the body is not an object");
                        ScaleForm.Take(live, shown, scale);
                        return live;
                    },
                    namesVersion: false,
                    options);
                break;

            default:
                throw ApiErrors.MethodNotAllowed(definition.Group, definition.Plural, request.Verb);
        }

        await Responses.WriteAsync(context, 200, ScaleForm.Show(ObjectForm.Parse(obj, definition), scale));
    }

    private async Task GetAsync(HttpContext context, ApiRequest request, ResourceDefinition definition)
    {
        var form = FormOf(context, definition);
        if (RequestPath.First(context.Request.Query, "resourceVersion") is { Length: > 0 } version)
        {
            if (!ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
            {
                throw ApiErrors.Unclassified($"resourceVersion: Invalid value: \"{version}\": {ApiErrors.NotANumber("ParseUint", version)}");
            }

            if (!await ListReader.WaitForRevisionAsync(store, revision, context.RequestAborted))
            {
                throw ApiErrors.TooLargeResourceVersion(revision, store.Revision);
            }
        }

        var found = store.Table(definition.StorageKey).Find(StoredObject.KeyOf(request.Namespace, request.Name))
            ?? throw ApiErrors.NotFound(definition.Group, definition.Plural, request.Name);
        await RespondAsync(context, 200, definition, form, found);
    }

    private async Task ListAsync(HttpContext context, ApiRequest request, ResourceDefinition definition)
    {
        var form = FormOf(context, definition);
        var options = ListOptions.Parse(context.Request.Query, definition, "", isWatch: false);
        var page = await ListReader.ReadAsync(store, definition, request.Namespace, options, context.RequestAborted);
        await RespondAsync(context, definition, form, page, options.Shards);
    }

    private async Task WatchAsync(HttpContext context, ActiveRequest active, ResourceDefinition definition)
    {
        var form = MediaType.Choose(context.Request.Headers.Accept, TableRequest.IsForm, isWatch: true);
        var options = ListOptions.Parse(context.Request.Query, definition, active.Request.Name, isWatch: true);
        context.Response.ContentType = Responses.Json;
        context.Response.Headers.CacheControl = "no-cache, private";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);

        var timeout = options.Timeout ?? MinimumWatch * (1 + Random.Shared.NextDouble());
        var stream = new WatchStream(
            store, definition, active.Request.Namespace, options, Presentation(definition, TableRequestOf(context, form)), bookmarkInterval, active.Freeze, context.Response.BodyWriter);
        await stream.RunAsync(timeout, stopping, context.RequestAborted);
        await context.Response.CompleteAsync();
    }

    private async Task CreateAsync(HttpContext context, ApiRequest request, ResourceDefinition definition)
    {
        var form = FormOf(context, definition);
        var options = WriteParameters.Parse(context.Request, "CreateOptions", isApply: false);
        var body = await RequestBody.ReadObjectAsync(context, definition.ApiVersion, definition.Kind);
        var created = Warned(
            context, options, () => writer.Create(definition, request.Namespace, ObjectDecoder.Decode(body, definition, options), options));
        await RespondAsync(context, 201, definition, form, created);
    }

    private async Task UpdateAsync(HttpContext context, ApiRequest request, ResourceDefinition definition)
    {
        var form = FormOf(context, definition);
        var options = WriteParameters.Parse(context.Request, "UpdateOptions", isApply: false);
        var body = await RequestBody.ReadObjectAsync(context, definition.ApiVersion, definition.Kind);
        var (updated, isNew) = Warned(context, options, () =>
        {
            var obj = ObjectDecoder.Decode(body, definition, options);
            CheckName(obj, request.Name);
            return request.Subresource.Length == 0
                ? writer.UpdateOrCreate(definition, request.Namespace, request.Name, obj, options)
                : (writer.Update(
                    definition, request.Namespace, request.Name, request.Subresource, _ => (JsonObject)obj.DeepClone(), namesVersion: true, options), false);
        });
        await RespondAsync(context, isNew ? 201 : 200, definition, form, updated);
    }

    private async Task PatchAsync(HttpContext context, ApiRequest request, ResourceDefinition definition)
    {
        var form = FormOf(context, definition);
        var type = RequestBody.MediaTypeOf(context.Request);
        var isApply = type == "application/apply-patch+yaml";
        var isStrategic = type == "application/strategic-merge-patch+json" && !IsCustom(definition);
        if (!isApply && !isStrategic && type is not ("application/json-patch+json" or "application/merge-patch+json"))
        {
            throw IsCustom(definition)
                ? ApiErrors.UnsupportedMediaType("application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml")
                : ApiErrors.UnsupportedMediaType(
                    "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml");
        }

        var options = WriteParameters.Parse(context.Request, "PatchOptions", isApply);
        var body = await RequestBody.ReadAsync(context);
        var (patched, isNew) = Warned(
            context, options, () => isApply ? Apply(request, definition, body, options) : (Patch(request, definition, type, body, options), false));
        if (isApply && isNew)
        {
            log.Add(request.AsCreate());
        }

        await RespondAsync(context, isNew ? 201 : 200, definition, form, patched);
    }

    private (StoredObject Object, bool IsNew) Apply(
        ApiRequest request, ResourceDefinition definition, ReadOnlyMemory<byte> body, WriteOptions options)
    {
        var applied = ParseApplied(body, options);
        CheckName(applied, request.Name);
        return writer.Apply(definition, request.Namespace, request.Name, request.Subresource, applied, options);
    }

    private StoredObject Patch(ApiRequest request, ResourceDefinition definition, string type, ReadOnlyMemory<byte> body, WriteOptions options)
    {
        var patch = ParsePatch(body, out var duplicates);
        string[] complaints = type == "application/json-patch+json"
            ? [.. JsonPatch.Complaints(patch, duplicates)]
            : [.. duplicates.Select(static d => $"duplicate field \"{d}\"")];
        return writer.Update(
            definition,
            request.Namespace,
            request.Name,
            request.Subresource,
            live =>
            {
                options.Warnings.Clear();
                var result = ApplyPatch(type, definition, live, patch);
                ObjectDecoder.DecodePatched(result, live, definition, complaints, options);
                CheckName(result, request.Name);
                return result;
            },
            namesVersion: false,
            options);
    }

    // What there is to warn of is told also where the write is refused.
    private static T Warned<T>(HttpContext context, WriteOptions options, Func<T> write)
    {
        try
        {
            return write();
        }
        finally
        {
            Responses.AddWarnings(context.Response, options.Warnings);
        }
    }

    private async Task DeleteAsync(HttpContext context, ApiRequest request, ResourceDefinition definition)
    {
        var form = FormOf(context, definition);
        var options = WriteParameters.ParseDeletion(context.Request, await RequestBody.ReadDeletionAsync(context));
        var (deleted, isGone) = writer.Delete(definition, request.Namespace, request.Name, options);
        if (isGone)
        {
            await Responses.WriteAsync(context, 200, ApiErrors.Deleted(definition, deleted.Name, deleted.Uid));
        }
        else
        {
            await RespondAsync(context, options.IsAccepted ? 202 : 200, definition, form, deleted);
        }
    }

    private async Task DeleteCollectionAsync(HttpContext context, ApiRequest request, ResourceDefinition definition)
    {
        var form = FormOf(context, definition);
        var options = WriteParameters.ParseDeletion(context.Request, await RequestBody.ReadDeletionAsync(context));
        var selection = ListOptions.Parse(context.Request.Query, definition, "", isWatch: false);
        var page = await ListReader.ReadAsync(store, definition, request.Namespace, selection, context.RequestAborted);
        foreach (var obj in page.Objects)
        {
            try
            {
                writer.Delete(definition, obj.Namespace, obj.Name, options);
            }
            catch (ApiException e) when (e.Reason == "NotFound")
            {
                // Somebody else has just deleted it, which is all that was wanted.
            }
        }

        await RespondAsync(context, definition, form, page, selection.Shards);
    }

    private async Task RespondAsync(HttpContext context, int status, ResourceDefinition definition, MediaType form, StoredObject obj)
    {
        if (TableRequestOf(context, form) is { } request)
        {
            await Responses.WriteAsync(context, status, form, tables.Convert(definition, ObjectForm.Parse(obj, definition), request));
        }
        else
        {
            await Responses.WriteAsync(context, status, form, ObjectForm.Json(obj, definition));
        }
    }

    private async Task RespondAsync(HttpContext context, ResourceDefinition definition, MediaType form, ListPage page, ShardSelector shards)
    {
        var metadata = new JsonObject { ["resourceVersion"] = page.Revision.ToString(CultureInfo.InvariantCulture) };
        if (page.Continue.Length > 0 || IsCustom(definition))
        {
            // Lists of custom resources say also that there is no more.
            metadata["continue"] = page.Continue;
        }

        if (page.RemainingCount is { } remaining)
        {
            metadata["remainingItemCount"] = remaining;
        }

        if (!shards.IsEverything)
        {
            metadata["shardInfo"] = new JsonObject { ["selector"] = shards.ToString() };
        }

        var request = TableRequestOf(context, form);
        if (request is not null || !Responses.IsPlain(context.Request, form))
        {
            var list = new JsonObject
            {
                ["apiVersion"] = definition.ApiVersion,
                ["kind"] = definition.ListKind,
                ["metadata"] = metadata,
                ["items"] = new JsonArray([.. page.Objects.Select(o => ObjectForm.Parse(o, definition))]),
            };
            await Responses.WriteAsync(context, 200, form, request is { } table ? tables.Convert(definition, list, table) : list);
            return;
        }

        // Written one by one, as they are stored: no second copy of a long list is made.
        context.Response.ContentType = Responses.Json;
        context.Response.Headers.CacheControl = "no-cache, private";
        await context.Response.StartAsync(context.RequestAborted);
        var output = context.Response.BodyWriter;
        output.Write("{\"apiVersion\":\""u8);
        output.Write(Encoding.UTF8.GetBytes(definition.ApiVersion));
        output.Write("\",\"kind\":\""u8);
        output.Write(Encoding.UTF8.GetBytes(definition.ListKind));
        output.Write("\",\"metadata\":"u8);
        output.Write(ObjectEncoder.ToUtf8(metadata));
        output.Write(",\"items\":["u8);
        for (var i = 0; i < page.Objects.Count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            output.Write(ObjectForm.Json(page.Objects[i], definition).Span);
            if (output.UnflushedBytes > FlushThreshold)
            {
                await output.FlushAsync(context.RequestAborted);
            }
        }

        output.Write("]}"u8);
        await output.FlushAsync(context.RequestAborted);
        await context.Response.CompleteAsync();
    }

    /// <summary>How a watch shows its objects; <see langword="null"/> for as they are.</summary>
    private Func<JsonObject, JsonObject>? Presentation(ResourceDefinition definition, TableRequest? request)
    {
        if (request is not { } form)
        {
            return null;
        }

        var isFirst = true;
        return obj =>
        {
            var shown = tables.ConvertEvent(definition, obj, form, isFirst);
            isFirst = false;
            return shown;
        };
    }

    private static TableRequest? TableRequestOf(HttpContext context, MediaType form) =>
        form.As.Length == 0 ? null : TableRequest.Parse(form.As, form.Version, context.Request.Query["includeObject"]);

    private static MediaType FormOf(HttpContext context, ResourceDefinition definition) => MediaType.Choose(
        context.Request.Headers.Accept, TableRequest.IsForm, hasProtobuf: ProtobufEnvelope.Knows(definition.ApiVersion, definition.Kind));

    private static bool IsCustom(ResourceDefinition definition) => definition.Strategy is CustomResourceStrategy;

    private static JsonObject ApplyPatch(string type, ResourceDefinition definition, JsonObject live, JsonNode? patch) => type switch
    {
        "application/json-patch+json" => JsonPatch.Apply(live, patch),
        "application/merge-patch+json" => MergePatch.Apply(live, patch),
        _ => StrategicMergePatch.Apply(
            live, patch as JsonObject ?? throw ApiErrors.BadRequest("error decoding patch: it is not an object"), definition.Schema),
    };

    private static JsonObject ParseApplied(ReadOnlyMemory<byte> body, WriteOptions options)
    {
        const string Undecodable = "error decoding YAML: ";
        var yaml = RequestBody.FromYaml(body, Undecodable);
        if (yaml.RepeatedKeys.Count > 0 && options.FieldValidation == FieldValidation.Strict)
        {
            throw ApiErrors.BadRequest($"error strict decoding YAML: error converting YAML to JSON: {ObjectBody.Describe(yaml.RepeatedKeys)}");
        }

        if (options.FieldValidation == FieldValidation.Warn)
        {
            options.Warnings.AddRange(yaml.RepeatedKeys);
        }

        var node = yaml.Json.IsEmpty ? null : ParsePatch(yaml.Json, out _);
        if (node is not (null or JsonObject))
        {
            throw ApiErrors.BadRequest(
                $"{Undecodable}error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {ObjectDecoder.TypeName(node)} into Go value of type map[string]interface {{}}");
        }

        return node is JsonObject obj && (obj.ContainsKey("apiVersion") || obj.ContainsKey("kind"))
            ? obj
            : throw ApiErrors.BadRequest("invalid object type: /, Kind=");
    }

    private static JsonNode? ParsePatch(ReadOnlyMemory<byte> body, out IReadOnlyList<string> duplicates)
    {
        try
        {
            return JsonText.Parse(body.Span, out duplicates);
        }
        catch (JsonException e)
        {
            throw ApiErrors.BadRequest($"error decoding patch: {ObjectDecoder.Describe(e, body)}");
        }
    }

    private static void CheckName(JsonObject obj, string name)
    {
        var own = obj["metadata"] is JsonObject metadata ? MetadataRules.Text(metadata, "name") : "";
        if (own != name)
        {
            throw ApiErrors.BadRequest(own.Length == 0
                ? $"the name of the object ({name} based on URL) was undeterminable: name must be provided"
                : $"the name of the object ({own}) does not match the name on the URL ({name})");
        }
    }
}
