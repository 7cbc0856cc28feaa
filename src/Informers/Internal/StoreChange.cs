using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>What one write did to one key: the object before (<see langword="null"/>: none) and after (<see langword="null"/>: deleted).</summary>
/// <param name="Key">Its key.</param>
/// <param name="Old">The object before.</param>
/// <param name="Current">The object after.</param>
/// <param name="Bytes">The length of <paramref name="Current"/> as JSON; 0: not known, and taken for that of the object before.</param>
internal readonly record struct StoreChange<T>(ObjectKey Key, T? Old, T? Current, int Bytes = 0)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>What a deleted object was at last; <see langword="null"/> if only <see cref="Old"/> is known.</summary>
    public T? Final { get; init; }
}
