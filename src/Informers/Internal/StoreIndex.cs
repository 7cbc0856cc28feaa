using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>One index of one snapshot, whatever the type of its values.</summary>
/// <param name="name">Its name, which a later index may have again.</param>
/// <param name="identity">What all states of this index have in common, and no other index has.</param>
internal abstract class StoreIndex<T>(string name, object identity)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public string Name { get; } = name;

    public object Identity { get; } = identity;

    /// <summary>The index as it is after <paramref name="changes"/>. Only one writer at a time may ask, and only the latest index.</summary>
    public abstract StoreIndex<T> With(ReadOnlySpan<StoreChange<T>> changes);
}
