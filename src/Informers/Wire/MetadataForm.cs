using System.Text.Json;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Metadata alone. The server is asked to send no more; if it sends whole objects, the rest of them is passed over.</summary>
internal sealed class MetadataForm(KubeResource resource, bool keepManagedFields) : ObjectForm<PartialObjectMetadata>
{
    private const string KindOnTheWire = "PartialObjectMetadata";
    private readonly string _apiVersion = resource.ApiVersion;

    public override string ListMediaType => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    public override string WatchMediaType => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

    public override PartialObjectMetadata Decode(ReadOnlySpan<byte> json, in ObjectHeader header, ReadOnlySpan<byte> content)
    {
        if (JsonText.Read(json[header.Kind], isPooled: true) is { Length: > 0 } kind && kind != KindOnTheWire && kind != resource.Kind)
        {
            throw new JsonException($"Its kind is '{kind}', not '{resource.Kind}'.");
        }

        var (start, length) = header.Metadata.GetOffsetAndLength(json.Length);
        length -= json.Length - content.Length;
        var reader = new Utf8JsonReader(content.Slice(start, Math.Max(0, length)));
        if (length <= 0 || !reader.Read() || MetadataReader.Read(ref reader, keepManagedFields) is not { Name.Length: > 0 } metadata)
        {
            throw new JsonException("It has no metadata with a name.");
        }

        return new PartialObjectMetadata { ApiVersion = _apiVersion, Kind = resource.Kind, Metadata = metadata };
    }

    public override ObjectKey KeyOf(PartialObjectMetadata held) => ObjectKey.Of(held);

    public override string? UidOf(PartialObjectMetadata held) => held.Metadata.Uid;

    public override string? VersionOf(PartialObjectMetadata held) => held.Metadata.ResourceVersion;

    public override bool IsSame(PartialObjectMetadata held, in ObjectHeader header) => header.IsVersion(held.Metadata.Uid, held.Metadata.ResourceVersion);

    public override bool IsSame(PartialObjectMetadata held, PartialObjectMetadata other) => IsSame(held.Metadata, other.Metadata);

    public static bool IsSame(V1ObjectMeta held, V1ObjectMeta other) =>
        other.ResourceVersion is { Length: > 0 } version && version == held.ResourceVersion && other.Uid == held.Uid;
}
