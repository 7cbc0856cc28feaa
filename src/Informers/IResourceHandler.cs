using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Is told what happens to the objects of an informer.</summary>
public interface IResourceHandler<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>
    /// Called for one change at a time, in order for each key. The cache already shows <see cref="ResourceChange{T}.Current"/>, or something newer.
    /// </summary>
    /// <remarks>
    /// A slow handler delays only itself. An exception is logged and counted; the handler goes on with the next change.
    /// </remarks>
    /// <param name="change">What happened.</param>
    /// <param name="cancellationToken">Cancelled when the handler is removed or the informer stops.</param>
    ValueTask HandleAsync(ResourceChange<T> change, CancellationToken cancellationToken);
}
