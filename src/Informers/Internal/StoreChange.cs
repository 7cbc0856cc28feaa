using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>What one write did to one key: the object before (<see langword="null"/>: none) and after (<see langword="null"/>: deleted).</summary>
internal readonly record struct StoreChange<T>(ObjectKey Key, T? Old, T? Current)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>What a deleted object was at last; <see langword="null"/> if only <see cref="Old"/> is known.</summary>
    public T? Final { get; init; }
}
