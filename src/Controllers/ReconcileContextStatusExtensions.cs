using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Writes the status of the reconciled object if, and only if, something of it changed.</summary>
public static class ReconcileContextStatusExtensions
{
    /// <summary>Makes <paramref name="status"/> the status of the reconciled object. Writes what differs, as a merge patch of the status subresource.</summary>
    /// <param name="context">The run; its object shows what was written.</param>
    /// <param name="status">The whole status as it is to be. What it lacks is taken away.</param>
    /// <param name="options">Which fields alone are no reason to write.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Whether anything was written.</returns>
    /// <exception cref="InvalidOperationException">The object is gone.</exception>
    public static async Task<bool> PatchStatusAsync<T, TStatus>(
        this ReconcileContext<T> context, TStatus status, StatusPatchOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>, IStatus<TStatus>
    {
        ArgumentNullException.ThrowIfNull(context);
        var current = context.Object ?? throw new InvalidOperationException($"{context.Key} is gone: it has no status to write.");
        if (StatusPatch.Of(current, status, options ?? new StatusPatchOptions(), context.Client.Resource<T>().Json.Options) is not { } patch)
        {
            return false;
        }

        await context.PatchAsync(patch, StatusPatch.Subresource, cancellationToken);
        return true;
    }
}
