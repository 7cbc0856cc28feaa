using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Which objects of another kind wake a controller, and by which of their changes.</summary>
/// <param name="Resource">What is watched; <see langword="null"/> for the resource that the type is bound to.</param>
/// <param name="Scope">Which of the objects, if others than the options name for their kind.</param>
/// <param name="Changes">One of these flags is to apply to an update.</param>
/// <param name="Filter">Is to agree to a change, if there is one.</param>
internal sealed record WatchedObjects<T>(KubeResource<T>? Resource, CacheScope? Scope, Changed Changes, Func<ResourceChange<T>, bool>? Filter)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public IReadOnlyList<Func<ResourceChange<T>, bool>> Filters => Filter is null ? [] : [Filter];
}
