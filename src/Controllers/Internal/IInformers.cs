using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Where controllers get their informers from: one for each type.</summary>
internal interface IInformers
{
    /// <summary>The informer, for as long as the host runs.</summary>
    ISharedInformer<T> Get<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The informer of a resource, if there is one.</summary>
    ISharedInformer<T>? Find<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The informer, for as long as the share is held.</summary>
    InformerShare<T> Share<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>;
}
