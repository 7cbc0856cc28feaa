using System.Buffers;
using CrMonitor.ApiServer.Protobuf;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;
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
    /// <param name="context">The request.</param>
    /// <param name="apiVersion">The apiVersion that a body in protobuf need not name.</param>
    /// <param name="kind">The kind that the body must be of.</param>
    /// <exception cref="ApiException">413, 415 (also of protobuf where the kind is not written in it) or 400.</exception>
    public static async Task<ObjectBody> ReadObjectAsync(HttpContext context, string apiVersion, string kind)
    {
        var type = MediaTypeOf(context.Request);
        switch (type)
        {
            case "" or "application/json":
                return new ObjectBody(await ReadAsync(context), IsYaml: false, []);
            case "application/yaml":
                return FromYaml(await ReadAsync(context));
            case ProtobufEnvelope.MediaType when ProtobufEnvelope.Knows(apiVersion, kind):
                var body = await ReadAsync(context);
                try
                {
                    return new ObjectBody(ObjectEncoder.ToUtf8(ProtobufEnvelope.Decode(body.Span, apiVersion, kind)), IsYaml: false, []);
                }
                catch (FormatException e)
                {
                    throw ObjectDecoder.Unrecognized(kind, e.Message, body);
                }

            default:
                throw ProtobufEnvelope.Knows(apiVersion, kind)
                    ? ApiErrors.UnsupportedMediaType("application/json", "application/yaml", ProtobufEnvelope.MediaType)
                    : ApiErrors.UnsupportedMediaType("application/json", "application/yaml");
        }
    }

    /// <summary>Reads the options of a deletion as JSON; nothing where there is no body.</summary>
    /// <exception cref="ApiException">413, 415 or 400.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadDeletionAsync(HttpContext context)
    {
        var body = await ReadAsync(context);
        if (body.IsEmpty)
        {
            return body;
        }

        switch (MediaTypeOf(context.Request))
        {
            case "" or "application/json":
                return body;
            case "application/yaml":
                return FromYaml(body).Json;
            case ProtobufEnvelope.MediaType:
                try
                {
                    return ObjectEncoder.ToUtf8(ProtobufEnvelope.Decode(body.Span, "v1", "DeleteOptions"));
                }
                catch (FormatException e)
                {
                    throw ApiErrors.BadRequest(e.Message);
                }

            default:
                throw ApiErrors.UnsupportedMediaType("application/json", "application/yaml", ProtobufEnvelope.MediaType);
        }
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
