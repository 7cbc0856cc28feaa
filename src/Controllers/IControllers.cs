using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>The controllers of a running host: to add and remove them without a restart. A service; may be used from any thread.</summary>
public interface IControllers
{
    /// <summary>The names of the controllers that there are.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>
    /// Adds a controller, which starts to work when its caches have synced (and, where a leader is elected, while this process leads).
    /// </summary>
    /// <remarks>
    /// Its caches are shared with other controllers of the same kinds; those that nobody else has end with it, and so does what it alone has bound a
    /// model type to. It binds neither <see cref="Informers.DynamicObject"/> nor <see cref="Informers.PartialObjectMetadata"/>: only to the client of
    /// its runs does such a type, if it is the controller's, stand for a resource.
    /// </remarks>
    /// <param name="reconciler">What runs. It stays the caller's.</param>
    /// <param name="configure">What wakes the controller, and how it runs.</param>
    /// <returns>The name of the controller.</returns>
    /// <exception cref="InvalidOperationException">
    /// There is a controller of that name, a kind or an index is not known, or the host does not run (yet, or any more).
    /// </exception>
    string Add<T>(IReconciler<T> reconciler, Action<ControllerBuilder<T>>? configure = null)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Removes a controller: it takes no more work, its runs get <see cref="CrMonitorOptions.ShutdownGracePeriod"/> and are then cancelled. When the
    /// task completes,
    /// nothing of it is left: neither handlers, nor queue, nor metrics, nor caches that nobody else has.
    /// </summary>
    /// <returns><see langword="false"/> if there is none of that name.</returns>
    Task<bool> RemoveAsync(string name);
}
