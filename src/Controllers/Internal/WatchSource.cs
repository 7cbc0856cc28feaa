using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Objects of another kind that wake a controller.</summary>
internal abstract class WatchSource
{
    /// <summary>The index of the controller's own kind that this source asks; <see langword="null"/> if it asks none.</summary>
    public virtual string? Index => null;

    /// <summary>Begins to translate changes of the other objects into keys of <paramref name="target"/>.</summary>
    public abstract Attachment Attach(IInformers informers, IServiceProvider services, IReconcileTarget target);

    /// <param name="informers">Where the informer is found.</param>
    /// <param name="resource">What it watches; <see langword="null"/> for the resource that the type is bound to.</param>
    /// <param name="scope">Its scope.</param>
    /// <param name="handler">Makes the handler of the other objects, given their kind.</param>
    /// <param name="isPrompt">The handler takes no time, runs no code of users and asks no informer.</param>
    protected static Attachment Attach<T>(
        IInformers informers, KubeResource<T>? resource, CacheScope? scope, Func<string, IResourceHandler<T>> handler, bool isPrompt = false)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var share = informers.Share(resource, scope);
        var options = new HandlerOptions { TellBriefObjects = true, CallSynchronously = isPrompt };
        return new Attachment(share.Informer, share.Informer.AddHandler(handler(share.Informer.Resource.Kind), options), share);
    }
}
