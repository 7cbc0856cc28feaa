using System.Collections.Concurrent;
using System.Globalization;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>What this controller wrote to its objects and the cache does not show yet. May be used from any thread.</summary>
/// <remarks>
/// Versions of one resource are compared as numbers, which Kubernetes guarantees since 1.35 and its servers have always done. Where they are none, nothing is
/// remembered and the cache alone counts.
/// </remarks>
internal sealed class OwnWrites<T>(ILister<T> cache)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ConcurrentDictionary<ObjectKey, T> _writes = new();

    /// <summary>The number of objects that the cache is behind with.</summary>
    public int Count => _writes.Count;

    public void Record(ObjectKey key, T answer)
    {
        if (VersionOf(answer) is not { } version)
        {
            return;
        }

        _writes.AddOrUpdate(key, answer, (_, known) => VersionOf(known) > version ? known : answer);

        // The watch may have been faster than the answer, and then no further change would come to prune it.
        Prune(key);
    }

    /// <summary>The newer of what the cache shows and what was written; <see langword="null"/> if the object is gone.</summary>
    public T? Current(ObjectKey key)
    {
        Prune(key);
        if (!_writes.TryGetValue(key, out var written))
        {
            return cache.Get(key);
        }

        // Without its last finalizer, a deleted object is gone, although the answer still shows it.
        return written.Metadata is { DeletionTimestamp: not null, Finalizers: null or { Count: 0 } } ? null : written;
    }

    /// <summary>Forgets the write of a key that was told as deleted: a later object of that name comes with a change of its own.</summary>
    public void Forget(ObjectKey key) => _writes.TryRemove(key, out _);

    /// <summary>Forgets the write of a key if the cache has caught up with it.</summary>
    public void Prune(ObjectKey key)
    {
        if (_writes.TryGetValue(key, out var written) && HasCaughtUp(key, VersionOf(written)))
        {
            _writes.TryRemove(KeyValuePair.Create(key, written));
        }
    }

    // The cache as a whole has passed the write; or the object in it has, where the cache's own version lags behind (several namespaces).
    private bool HasCaughtUp(ObjectKey key, ulong? version) =>
        Parse(cache.ResourceVersion) >= version || (cache.Get(key) is { } cached && VersionOf(cached) >= version);

    private static ulong? VersionOf(T resource) => Parse(resource.Metadata.ResourceVersion);

    private static ulong? Parse(string? version) =>
        ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
