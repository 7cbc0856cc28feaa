using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>A controller's part in an informer. With the last part ends the informer, unless the host keeps it.</summary>
internal sealed class InformerShare<T>(ISharedInformer<T> informer, KubeResource<T> resource, Func<ValueTask> release) : IAsyncDisposable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private int _isReleased;

    public ISharedInformer<T> Informer { get; } = informer;

    /// <summary>What the informer watches.</summary>
    public KubeResource<T> Resource { get; } = resource;

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _isReleased, 1) == 0 ? release() : ValueTask.CompletedTask;
}
