using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Objects of the user's own type.</summary>
internal sealed class TypedForm<T>(KubeResource<T> resource, bool keepManagedFields) : ObjectForm<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly JsonTypeInfo<T> _contract = DecodingContract.Of(resource.Json, keepManagedFields);
    private readonly string _apiVersion = resource.ApiVersion;

    public override T Decode(ReadOnlySpan<byte> json, in ObjectHeader header, ReadOnlySpan<byte> content)
    {
        var decoded = JsonSerializer.Deserialize(content, _contract);
        if (decoded?.Metadata is not { Name.Length: > 0 })
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
        return decoded;
    }

    public override ObjectKey KeyOf(T held) => ObjectKey.Of(held);

    public override string? UidOf(T held) => held.Metadata.Uid;

    public override string? VersionOf(T held) => held.Metadata.ResourceVersion;

    public override bool IsSame(T held, in ObjectHeader header) => header.IsVersion(held.Metadata.Uid, held.Metadata.ResourceVersion);

    public override bool IsSame(T held, T other) => MetadataForm.IsSame(held.Metadata, other.Metadata);
}
