using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>What a <see cref="ControllerBuilder{T}"/> tells of the kinds that its controller deals with.</summary>
internal interface IResourceRegistry
{
    void AddResource<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Objects of this kind are watched.</summary>
    void AddInformer<T>(KubeResource<T>? resource, CacheScope? scope)
        where T : class, IKubernetesObject<V1ObjectMeta>;
}
