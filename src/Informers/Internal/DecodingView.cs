using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Decodes stored bytes, as an informer of its own would decode them.</summary>
/// <param name="resource">What the objects are.</param>
/// <param name="options">Those of the informers.</param>
internal sealed class DecodingView<T>(KubeResource<T> resource, SharedInformerFactoryOptions options) : ViewForm<DynamicObject, T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private ObjectDecoder<T>? _decoder;   // who uses it takes it away meanwhile

    public override bool MayFail => true;

    public override DecodedObject<T> Read(DynamicObject stored) => Decode(stored.Utf8.Span);

    public override T? ReadPart(ReadOnlySpan<byte> answer) => MetadataPart.Is<T>(answer) ? Decode(answer).Object : null;

    private DecodedObject<T> Decode(ReadOnlySpan<byte> json)
    {
        var decoder = Interlocked.Exchange(ref _decoder, null)
            ?? new ObjectDecoder<T>(resource, options.KeepManagedFields, options.KeepInvalidBytes);
        var decoded = decoder.Decode(json);
        Volatile.Write(ref _decoder, decoder);
        return decoded;
    }
}
