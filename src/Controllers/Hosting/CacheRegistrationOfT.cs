using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>A cache that a builder has asked for.</summary>
/// <param name="resource">Of what; <see langword="null"/> for the resource that the type is bound to.</param>
/// <param name="scope">Which of the objects.</param>
internal sealed class CacheRegistration<T>(KubeResource<T>? resource, CacheScope? scope) : CacheRegistration
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public KubeResource<T>? Resource { get; } = resource;

    public CacheScope? Scope { get; } = scope;

    public override void Keep(IInformers informers) => informers.Get(Resource, Scope);
}
