using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
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

    public static Task WriteAsync(HttpContext context, int status, JsonNode body) => WriteAsync(context, status, Json, ObjectEncoder.ToUtf8(body));

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
