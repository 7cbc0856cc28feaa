using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>
/// Records Kubernetes events: what a controller did with an object, and why, where <c>kubectl describe</c> and <c>kubectl events</c> show it.
/// </summary>
public interface IEventRecorder
{
    /// <summary>Records an event. Returns at once: events are written in the background, and equal ones are counted in one.</summary>
    /// <remarks>
    /// Events are a best effort: those that cannot be written, or that come faster than they can be, are dropped, counted and logged. Of one object,
    /// 25 different
    /// events are written at once, and one more every five minutes.
    /// May be called from any thread.
    /// </remarks>
    /// <param name="regarding">
    /// The object that it is about, as the server returned it (it is found by its uid). A <see cref="Informers.DynamicObject"/> or
    /// <see cref="Informers.PartialObjectMetadata"/> says itself which kind it is of; it need not be the one that its type is bound to.
    /// </param>
    /// <param name="type">Whether it is good or bad news.</param>
    /// <param name="reason">Why it happened, for programs: one CamelCase word of at most 128 characters, such as <c>Created</c>.</param>
    /// <param name="action">What was done, for programs: one CamelCase word of at most 128 characters, such as <c>CreateDeployment</c>.</param>
    /// <param name="note">What happened, for people. Cut at 1024 characters.</param>
    /// <exception cref="ArgumentException">Reason or action is empty or too long, or the object has no name.</exception>
    /// <exception cref="InvalidOperationException">No resource is known for the type, and the object does not name its kind.</exception>
    void Record<T>(T regarding, EventType type, string reason, string action, string note)
        where T : class, IKubernetesObject<V1ObjectMeta>;
}
