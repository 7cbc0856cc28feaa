using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Decodes stored bytes, as an informer of its own would decode them.</summary>
/// <param name="resource">What the objects are.</param>
/// <param name="options">Those of the informers.</param>
internal sealed class DecodingView<T>(KubeResource<T> resource, SharedInformerFactoryOptions options) : ViewForm<DynamicObject, T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly SharedDecoder<T> _decoder = new(resource, options.KeepManagedFields, options.KeepInvalidBytes);

    public override bool MayFail => true;

    public override DecodedObject<T> Read(DynamicObject stored) => _decoder.Decode(stored.Utf8.Span);

    public override T? ReadPart(ReadOnlySpan<byte> answer) => MetadataPart.Is<T>(answer) ? _decoder.Decode(answer).Object : null;
}
