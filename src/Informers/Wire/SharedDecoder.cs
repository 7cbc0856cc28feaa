using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>
/// An <see cref="ObjectDecoder{T}"/> for callers on any thread: whoever uses it takes it away meanwhile, and who finds none makes one.
/// </summary>
/// <param name="resource">What the objects are.</param>
/// <param name="keepManagedFields">Do not leave them out.</param>
/// <param name="keepInvalidBytes">Keep the bytes of what cannot be decoded.</param>
internal sealed class SharedDecoder<T>(KubeResource<T> resource, bool keepManagedFields, bool keepInvalidBytes = false)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private ObjectDecoder<T>? _idle;

    /// <inheritdoc cref="ObjectDecoder{T}.Decode(ReadOnlySpan{byte})"/>
    public DecodedObject<T> Decode(ReadOnlySpan<byte> json) => Decode(json, ObjectHeader.Read(json));

    /// <inheritdoc cref="ObjectDecoder{T}.Decode(ReadOnlySpan{byte}, in ObjectHeader)"/>
    public DecodedObject<T> Decode(ReadOnlySpan<byte> json, in ObjectHeader header)
    {
        var decoder = Interlocked.Exchange(ref _idle, null) ?? new ObjectDecoder<T>(resource, keepManagedFields, keepInvalidBytes);
        var decoded = decoder.Decode(json, header);
        Volatile.Write(ref _idle, decoder);
        return decoded;
    }
}
