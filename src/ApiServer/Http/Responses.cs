using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Protobuf;
using CrMonitor.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>Writes answers.</summary>
internal static class Responses
{
    public const string Json = "application/json";

    public static async Task WriteAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-cache, private";
        await response.StartAsync(context.RequestAborted);
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(body, context.RequestAborted);
        }

        await response.CompleteAsync();
    }

    /// <summary>Writes an answer that is given whatever the client accepts, in the form that it likes best where that can be had.</summary>
    public static Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        var form = MediaType.ForStatus(context.Request.Headers.Accept);
        var isWritten = form.Format != BodyFormat.Protobuf || ProtobufEnvelope.Knows((string?)body["apiVersion"] ?? "", (string?)body["kind"] ?? "");
        return WriteAsync(context, status, isWritten ? form : new MediaType(BodyFormat.Json), body);
    }

    /// <summary>Writes an answer in a form.</summary>
    public static Task WriteAsync(HttpContext context, int status, MediaType form, JsonObject body) => form.Format switch
    {
        BodyFormat.Yaml => WriteAsync(context, status, "application/yaml", Encoding.UTF8.GetBytes(YamlWriter.Write(body))),
        BodyFormat.Protobuf => WriteAsync(context, status, ProtobufEnvelope.MediaType, ProtobufEnvelope.Encode(body)),
        _ => WriteAsync(context, status, Json, IsPretty(context.Request, form) ? JsonText.ToPrettyUtf8(body) : ObjectEncoder.ToUtf8(body)),
    };

    /// <summary>Writes an answer, which is there as JSON, in a form.</summary>
    public static Task WriteAsync(HttpContext context, int status, MediaType form, ReadOnlyMemory<byte> json) =>
        IsPlain(context.Request, form) ? WriteAsync(context, status, Json, json) : WriteAsync(context, status, form, JsonText.ParseObject(json));

    /// <summary>Whether the answer is JSON without a space.</summary>
    public static bool IsPlain(HttpRequest request, MediaType form) => form.Format == BodyFormat.Json && !IsPretty(request, form);

    /// <summary>Whether a person is to read the answer: one who asks for it, or uses a browser, curl or wget.</summary>
    private static bool IsPretty(HttpRequest request, MediaType form)
    {
        if (request.Query.TryGetValue("pretty", out var wish))
        {
            return RequestPath.IsTrue(wish);
        }

        var agent = request.Headers.UserAgent.ToString();
        return form.IsPretty
            || agent.StartsWith("curl", StringComparison.Ordinal)
            || agent.StartsWith("Wget", StringComparison.Ordinal)
            || agent.StartsWith("Mozilla/5.0", StringComparison.Ordinal);
    }

    public static Task WriteTextAsync(HttpContext context, int status, string text) =>
        WriteAsync(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    public static Task WriteErrorAsync(HttpContext context, ApiException error)
    {
        if (error.Details?["retryAfterSeconds"] is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString();
        }

        return WriteAsync(context, error.Code, ApiErrors.ToStatus(error));
    }

    /// <summary>Adds a header for each text, as clients show it to their users.</summary>
    public static void AddWarnings(HttpResponse response, IEnumerable<string> warnings)
    {
        foreach (var warning in warnings.Distinct())
        {
            response.Headers.Append("Warning", string.Create(CultureInfo.InvariantCulture, $"299 - \"{Escape(warning)}\""));
        }
    }

    // A quoted string of RFC 9110; what a header cannot hold is left out.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '"' or '\\')
            {
                escaped.Append('\\');
            }

            if (c is >= ' ' and < (char)127)
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }
}
