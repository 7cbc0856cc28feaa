using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer.Protobuf;

/// <summary>What Kubernetes wraps messages in: four bytes by which they are known, then apiVersion and kind, then the message.</summary>
internal static class ProtobufEnvelope
{
    public const string MediaType = "application/vnd.kubernetes.protobuf";

    private const int TypeMetaField = 1;
    private const int RawField = 2;

    private static ReadOnlySpan<byte> Prefix => "k8s\0"u8;

    /// <summary>Reads a body as the object that it is.</summary>
    /// <param name="body">The body of a request.</param>
    /// <param name="apiVersion">The apiVersion of a body that names none.</param>
    /// <param name="kind">The kind of a body that names none.</param>
    /// <exception cref="FormatException">
    /// It is not such a body. <see cref="Exception.Message"/> says it in the words of a Kubernetes API server.
    /// </exception>
    /// <exception cref="ApiException">400: the message in it is not one of its kind.</exception>
    public static JsonObject Decode(ReadOnlySpan<byte> body, string apiVersion, string kind)
    {
        if (body.IsEmpty)
        {
            throw new FormatException("empty data");
        }

        if (!body.StartsWith(Prefix))
        {
            throw new FormatException("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        }

        if (body.Length == Prefix.Length)
        {
            throw new FormatException("empty body");
        }

        ReadOnlySpan<byte> message = [];
        var envelope = new WireReader(body[Prefix.Length..]);
        while (envelope.Read())
        {
            if (envelope is { Number: TypeMetaField, Type: WireType.Length })
            {
                ReadTypeMeta(envelope.Bytes, ref apiVersion, ref kind);
            }
            else if (envelope is { Number: RawField, Type: WireType.Length })
            {
                message = envelope.Bytes;
            }
        }

        var type = MessageTypes.Find(apiVersion, kind)
            ?? throw new FormatException($"no kind \"{kind}\" is registered for version \"{apiVersion}\" in scheme \"crmonitor\"");
        var obj = new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind };
        try
        {
            ProtobufDecoder.Decode(message, type, obj);
        }
        catch (FormatException e)
        {
            var version = apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..];
            throw ApiErrors.BadRequest($"{kind} in version \"{version}\" cannot be handled as a {kind}: {e.Message}");
        }

        return obj;
    }

    /// <summary>Whether objects of this kind, or lists of them, can be written in protobuf.</summary>
    public static bool Knows(string apiVersion, string kind) => MessageTypes.Find(apiVersion, kind) is not null;

    /// <exception cref="InvalidOperationException">Objects of its kind are not written in protobuf.</exception>
    public static byte[] Encode(JsonObject obj)
    {
        var (apiVersion, kind) = ((string?)obj["apiVersion"] ?? "", (string?)obj["kind"] ?? "");
        var type = MessageTypes.Find(apiVersion, kind)
            ?? throw new InvalidOperationException($"{kind} of {apiVersion} cannot be written in protobuf.");
        var typeMeta = new ArrayBufferWriter<byte>();
        ProtobufEncoder.WriteBytes(typeMeta, 1, Encoding.UTF8.GetBytes(apiVersion));
        ProtobufEncoder.WriteBytes(typeMeta, 2, Encoding.UTF8.GetBytes(kind));

        var output = new ArrayBufferWriter<byte>();
        output.Write(Prefix);
        ProtobufEncoder.WriteBytes(output, TypeMetaField, typeMeta.WrittenSpan);
        ProtobufEncoder.WriteBytes(output, RawField, ProtobufEncoder.Encode(obj, type));
        return output.WrittenSpan.ToArray();
    }

    private static void ReadTypeMeta(ReadOnlySpan<byte> bytes, ref string apiVersion, ref string kind)
    {
        var reader = new WireReader(bytes);
        while (reader.Read())
        {
            if (reader is { Number: 1, Bytes.Length: > 0 })
            {
                apiVersion = Encoding.UTF8.GetString(reader.Bytes);
            }
            else if (reader is { Number: 2, Bytes.Length: > 0 })
            {
                kind = Encoding.UTF8.GetString(reader.Bytes);
            }
        }
    }
}
