using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Where controllers get their informers from: one for each type and scope.</summary>
internal interface IInformers
{
    /// <summary>What an informer holds that is asked for with <paramref name="scope"/>.</summary>
    InformerScope ScopeOf<T>(CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The informer, for as long as the host runs.</summary>
    ISharedInformer<T> Get<T>(CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The informers of a resource, that of the kind's own scope first; none if nobody asked for one.</summary>
    IReadOnlyList<ISharedInformer<T>> Find<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The informer, for as long as the share is held.</summary>
    InformerShare<T> Share<T>(CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>;
}
