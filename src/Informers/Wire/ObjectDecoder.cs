using System.Buffers;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Makes objects from their bytes, without <c>managedFields</c> unless they are wanted. One for each reader: not for several threads.</summary>
/// <param name="resource">What the objects are.</param>
/// <param name="keepManagedFields">Do not leave them out.</param>
/// <param name="keepInvalidBytes">Keep the bytes of what cannot be decoded.</param>
internal sealed class ObjectDecoder<T>(KubeResource<T> resource, bool keepManagedFields, bool keepInvalidBytes = false)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ObjectForm<T> _form = ObjectForm<T>.Of(resource, keepManagedFields);
    private readonly ArrayBufferWriter<byte> _scratch = new();

    /// <summary>Decodes one object. Never throws for what the bytes are: an object that cannot be decoded is told as such.</summary>
    public DecodedObject<T> Decode(ReadOnlySpan<byte> json) => Decode(json, ObjectHeader.Read(json));

    /// <inheritdoc cref="Decode(ReadOnlySpan{byte})"/>
    /// <param name="json">The object.</param>
    /// <param name="header">What has been seen of it.</param>
    public DecodedObject<T> Decode(ReadOnlySpan<byte> json, in ObjectHeader header)
    {
        try
        {
            var content = WithoutManagedFields(json, header.ManagedFields);
            var decoded = _form.Decode(json, header, content);
            return new DecodedObject<T>(decoded, _form.KeyOf(decoded), _form.VersionOf(decoded), null, Bytes: content.Length);
        }
        catch (Exception e)
        {
            // Converters throw what they like (FormatException, OverflowException, ...): whatever it is, it concerns this object alone.
            return Refuse(WithoutManagedFields(json, header.ManagedFields), header, e);
        }
    }

    /// <summary>Tells of an object that is larger than <paramref name="limit"/>, of which <paramref name="beginning"/> is the beginning.</summary>
    public DecodedObject<T> RefuseTooLarge(ReadOnlySpan<byte> beginning, int limit) => Refuse(
        beginning,
        ObjectHeader.Read(beginning),
        new InvalidDataException(
            $"The object is larger than {limit} bytes, the limit of {nameof(SharedInformerFactoryOptions)}.{nameof(SharedInformerFactoryOptions.MaxObjectSize)}."));

    private DecodedObject<T> Refuse(ReadOnlySpan<byte> json, in ObjectHeader header, Exception error)
    {
        var (key, version) = (header.Key, header.ResourceVersion);
        var invalid = key is not { } readable ? null : new InvalidObject
        {
            Key = readable,
            Uid = header.UidText,
            ResourceVersion = version,
            Error = error,
            JsonPath = PathOf(error),
            Json = keepInvalidBytes ? json.ToArray() : default(ReadOnlyMemory<byte>),
        };
        return new DecodedObject<T>(null, key, version, error, invalid);
    }

    private static string? PathOf(Exception error) => error switch
    {
        MetadataException metadata => $"{metadata.Path ?? "$.metadata"}.{metadata.Place}",
        JsonException json => json.Path,
        _ => null,
    };

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
