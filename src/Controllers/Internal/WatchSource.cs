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
    /// <param name="watched">What is watched.</param>
    /// <param name="target">The controller.</param>
    /// <param name="handler">Makes the handler of the other objects, given their kind.</param>
    /// <param name="isPrompt">The handler takes no time, runs no code of users and asks no informer.</param>
    protected static Attachment Attach<T>(
        IInformers informers, WatchedObjects<T> watched, IReconcileTarget target, Func<string, IResourceHandler<T>> handler, bool isPrompt = false)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var share = informers.Share(watched.Resource, watched.Scope);
        try
        {
            var filter = new ChangeFilter<T>(target, share.Resource, watched.Changes, watched.Filters);
            var told = handler(share.Resource.Kind);
            var registration = share.Informer.AddHandler(
                filter.IsOpen ? told : new FilteredHandler<T>(filter, told),
                new HandlerOptions { TellBriefObjects = true, CallSynchronously = isPrompt && filter.IsPrompt });
            return new Attachment(share.Informer, registration, share);
        }
        catch
        {
            _ = share.DisposeAsync().AsTask();
            throw;
        }
    }
}
