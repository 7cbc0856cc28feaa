using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Where controllers get their informers from: one for each type, resource and scope.</summary>
internal interface IInformers
{
    /// <summary>What an informer holds that is asked for with <paramref name="scope"/>.</summary>
    InformerScope ScopeOf<T>(KubeResource<T> resource, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The informer of a resource (if none is named, that of the type), for as long as the host runs.</summary>
    ISharedInformer<T> Get<T>(KubeResource<T>? resource = null, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The informers of a resource, that of the kind's own scope first; none if nobody asked for one.</summary>
    IReadOnlyList<ISharedInformer<T>> Find<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The informer of a resource (if none is named, that of the type), for as long as the share is held.</summary>
    InformerShare<T> Share<T>(KubeResource<T>? resource = null, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>There are informers of the resource, in whatever version and form.</summary>
    bool Keeps(KubeResource resource);

    /// <inheritdoc cref="SharedInformerFactory.NoteWrite(KubeResource, ReadOnlySpan{byte})"/>
    void NoteWrite(KubeResource resource, ReadOnlySpan<byte> answer);

    /// <inheritdoc cref="SharedInformerFactory.NoteWrite{T}(ISharedInformer{T}, ReadOnlySpan{byte})"/>
    T? NoteWrite<T>(ISharedInformer<T> informer, ReadOnlySpan<byte> answer)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <inheritdoc cref="SharedInformerFactory.NoteDelete"/>
    void NoteDelete(KubeResource resource, ObjectKey key, string? uid = null, string? resourceVersion = null);
}
