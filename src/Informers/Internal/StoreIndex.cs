using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>One index of one snapshot, whatever the type of its values.</summary>
internal abstract class StoreIndex<T>(string name)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public string Name { get; } = name;

    /// <summary>The index as it is after <paramref name="changes"/>. Only one writer at a time may ask, and only the latest index.</summary>
    public abstract StoreIndex<T> With(ReadOnlySpan<StoreChange<T>> changes);
}
