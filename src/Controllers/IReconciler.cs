using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Brings the world in line with what one object asks for.</summary>
/// <typeparam name="T">The kind of object.</typeparam>
/// <remarks>
/// A reconciler is told which object to look at, not what happened to it: it compares desired and actual state and does what is missing, so that it
/// may run any number of times, after any failure. Runs of different objects overlap (up to the controller's concurrency); those of one object never do.
/// It is a singleton.
/// </remarks>
public interface IReconciler<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Runs once for one object.</summary>
    /// <param name="context">The object and why it is looked at. <see cref="ReconcileContext{T}.Object"/> is <see langword="null"/> when it is gone.</param>
    /// <param name="cancellationToken">Cancelled at the reconcile timeout, and at the end of the grace time when the host stops.</param>
    /// <returns>When the next run is due.</returns>
    /// <exception cref="Exception">Any exception means a retry with backoff. It never ends the worker.</exception>
    ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<T> context, CancellationToken cancellationToken);
}
