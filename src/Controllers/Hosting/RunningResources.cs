using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Takes the kinds of a controller that is added to a running host.</summary>
internal sealed class RunningResources(CrMonitorOptions options) : IResourceRegistry
{
    public void AddResource<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => options.AddResource(resource);

    // The controller takes a share in the informer when it attaches itself.
    public void AddInformer<T>(KubeResource<T>? resource, CacheScope? scope)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (resource is not null)
        {
            options.AddResource(resource);
        }
    }
}
