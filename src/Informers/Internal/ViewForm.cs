using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Reads a stored object in a poorer form. May be called from any thread.</summary>
internal abstract class ViewForm<TStored, T>
    where TStored : class, IKubernetesObject<V1ObjectMeta>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>There may be objects that cannot be read so.</summary>
    public abstract bool MayFail { get; }

    /// <summary>The object, or why it is none in this form.</summary>
    public abstract DecodedObject<T> Read(TStored stored);

    /// <summary>Reads the answer of a write that has no more than this form has, so that no stored object can be made of it.</summary>
    /// <returns><see langword="null"/> if it is a whole object, or none.</returns>
    public abstract T? ReadPart(ReadOnlySpan<byte> answer);
}
