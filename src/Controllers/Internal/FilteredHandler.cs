using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Tells a handler of those changes alone that a filter lets through.</summary>
internal sealed class FilteredHandler<T>(ChangeFilter<T> filter, IResourceHandler<T> inner) : IResourceHandler<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public ValueTask HandleAsync(ResourceChange<T> change, CancellationToken cancellationToken) =>
        filter.IsAskedFor(change) && filter.Passes(change) ? inner.HandleAsync(change, cancellationToken) : ValueTask.CompletedTask;
}
