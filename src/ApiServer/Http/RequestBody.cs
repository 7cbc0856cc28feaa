using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>Reads the bodies of requests.</summary>
internal static class RequestBody
{
    /// <summary>The largest body that a Kubernetes API server accepts.</summary>
    public const int MaximumLength = 3 * 1024 * 1024;

    /// <exception cref="ApiException">413: the body is too large.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MaximumLength)
        {
            throw ApiErrors.TooLarge(MaximumLength);
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > MaximumLength)
            {
                throw ApiErrors.TooLarge(MaximumLength);
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads the body of a create or an update as JSON.</summary>
    /// <exception cref="ApiException">413, 415 or 400.</exception>
    public static async Task<ObjectBody> ReadObjectAsync(HttpContext context)
    {
        var type = MediaTypeOf(context.Request);
        var body = type is "" or "application/json" or "application/yaml"
            ? await ReadAsync(context)
            : throw ApiErrors.UnsupportedMediaType("application/json", "application/yaml");
        return type == "application/yaml" ? FromYaml(body) : new ObjectBody(body, IsYaml: false, []);
    }

    /// <summary>The media type of the body without its parameters.</summary>
    public static string MediaTypeOf(HttpRequest request) => (request.ContentType ?? "").Split(';')[0].Trim();

    /// <exception cref="ApiException">400: it is not YAML.</exception>
    public static ObjectBody FromYaml(ReadOnlyMemory<byte> body, string errorPrefix = "")
    {
        try
        {
            return new ObjectBody(YamlText.ToJson(body, out var repeatedKeys), IsYaml: true, repeatedKeys);
        }
        catch (FormatException e)
        {
            throw ApiErrors.BadRequest($"{errorPrefix}error converting YAML to JSON: {e.Message}");
        }
    }
}
