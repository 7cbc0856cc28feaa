using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>The short way for a controller with one finalizer.</summary>
public static class FinalizerExtensions
{
    /// <summary>Runs one finalizer, as a <see cref="FinalizerSet{T}"/> of it alone would. A controller with several uses a set.</summary>
    /// <returns><see langword="true"/> if the object is to be deleted or gone, so that nothing else is to do for it.</returns>
    public static Task<bool> FinalizeAsync<T>(
        this ReconcileContext<T> context, string name, Func<T, CancellationToken, ValueTask> cleanUp, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta> => new FinalizerSet<T>().Add(name, cleanUp).RunAsync(context, cancellationToken);
}
