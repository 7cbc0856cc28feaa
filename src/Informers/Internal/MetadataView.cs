using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Shows the metadata of decoded objects: the very same instance.</summary>
/// <param name="resource">What the objects are.</param>
/// <param name="options">Those of the informers.</param>
internal sealed class MetadataView<TStored>(KubeResource<PartialObjectMetadata> resource, SharedInformerFactoryOptions options)
    : ViewForm<TStored, PartialObjectMetadata>
    where TStored : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly string _apiVersion = resource.ApiVersion;
    private readonly SharedDecoder<PartialObjectMetadata> _answers = new(resource, options.KeepManagedFields);

    public override bool MayFail => false;

    public override DecodedObject<PartialObjectMetadata> Read(TStored stored)
    {
        var metadata = stored.Metadata;
        var shown = new PartialObjectMetadata { ApiVersion = _apiVersion, Kind = resource.Kind, Metadata = metadata };
        return new DecodedObject<PartialObjectMetadata>(shown, ObjectKey.Of(stored), metadata.ResourceVersion, null);
    }

    public override PartialObjectMetadata? ReadPart(ReadOnlySpan<byte> answer) =>
        MetadataPart.Is<PartialObjectMetadata>(answer) ? _answers.Decode(answer).Object : null;
}
