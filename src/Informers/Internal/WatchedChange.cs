using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>What one event of a watch says of one key.</summary>
/// <param name="Key">Whose event it is.</param>
/// <param name="Current">What the object is now; <see langword="null"/>: deleted.</param>
/// <param name="Final">What a deleted object was at last; <see langword="null"/> if that is not known.</param>
/// <param name="Version">The version that the store reaches by this; <see langword="null"/> leaves it.</param>
/// <param name="Started">When its bytes began to be decoded, a timestamp; 0 if nobody measures.</param>
/// <param name="Bytes">The length of <paramref name="Current"/> as JSON; 0 if it is not known.</param>
internal readonly record struct WatchedChange<T>(ObjectKey Key, T? Current, T? Final, string? Version, long Started, int Bytes = 0)
    where T : class, IKubernetesObject<V1ObjectMeta>;
