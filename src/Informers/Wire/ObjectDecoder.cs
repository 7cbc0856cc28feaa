using System.Buffers;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Makes objects from their bytes, without <c>managedFields</c> unless they are wanted. One for each reader: not for several threads.</summary>
internal sealed class ObjectDecoder<T>(KubeResource<T> resource, bool keepManagedFields)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly string _apiVersion = resource.ApiVersion;

    /// <summary>Decodes one object. Never throws for what the bytes are: an object that cannot be decoded is told as such.</summary>
    public DecodedObject<T> Decode(ReadOnlySpan<byte> json)
    {
        var header = ObjectHeader.Read(json);
        try
        {
            var decoded = JsonSerializer.Deserialize(WithoutManagedFields(json, header.ManagedFields), resource.Json);
            if (decoded?.Metadata is not { Name.Length: > 0 } metadata)
            {
                throw new JsonException("It has no metadata with a name.");
            }

            if (!string.IsNullOrEmpty(decoded.Kind) && decoded.Kind != resource.Kind)
            {
                throw new JsonException($"Its kind is '{decoded.Kind}', not '{resource.Kind}'.");
            }

            // Items of built-in kinds come without these two. One string serves all objects.
            decoded.Kind = resource.Kind;
            decoded.ApiVersion = string.IsNullOrEmpty(decoded.ApiVersion) || decoded.ApiVersion == _apiVersion ? _apiVersion : decoded.ApiVersion;
            return new DecodedObject<T>(decoded, ObjectKey.Of(decoded), metadata.ResourceVersion, null);
        }
        catch (Exception e)
        {
            // Converters throw what they like (FormatException, OverflowException, ...): whatever it is, it concerns this object alone.
            return new DecodedObject<T>(null, header.Key, header.ResourceVersion, e);
        }
    }

    private ReadOnlySpan<byte> WithoutManagedFields(ReadOnlySpan<byte> json, Range managedFields)
    {
        var (offset, length) = managedFields.GetOffsetAndLength(json.Length);
        if (keepManagedFields || length == 0)
        {
            return json;
        }

        _scratch.ResetWrittenCount();
        _scratch.Write(json[..offset]);
        _scratch.Write(json[(offset + length)..]);
        return _scratch.WrittenSpan;
    }
}
