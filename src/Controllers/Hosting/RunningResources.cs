using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Takes the kinds of a controller that is added to a running host, for as long as it is there.</summary>
/// <remarks>Open types are not bound: the controller names their resources wherever it uses them. Used by one thread at a time.</remarks>
internal sealed class RunningResources(CrMonitorOptions options) : IResourceRegistry
{
    private readonly List<Type> _lent = [];

    public void AddResource<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (!OpenType.Is<T>() && options.Lend(resource))
        {
            _lent.Add(typeof(T));
        }
    }

    // The controller takes a share in the informer when it attaches itself.
    public void AddInformer<T>(KubeResource<T>? resource, CacheScope? scope)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (resource is not null)
        {
            AddResource(resource);
        }
    }

    /// <summary>The controller is gone.</summary>
    public void TakeBack()
    {
        _lent.ForEach(options.TakeBack);
        _lent.Clear();
    }
}
