using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Writes a status if, and only if, something of it changed.</summary>
public static class KubeClientStatusExtensions
{
    /// <summary>Makes <paramref name="status"/> the status of an object. Writes what differs from <paramref name="current"/>, as a merge patch.</summary>
    /// <param name="client">What writes.</param>
    /// <param name="current">The object that the status was computed for. It is not changed.</param>
    /// <param name="status">The whole status as it is to be. What it lacks is taken away.</param>
    /// <param name="options">Which fields alone are no reason to write.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The object as the server stored it; <paramref name="current"/> itself if there was nothing to write.</returns>
    public static async Task<T> PatchStatusAsync<T, TStatus>(
        this IKubeClient client, T current, TStatus status, StatusPatchOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>, IStatus<TStatus>
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(current);
        return StatusPatch.Of(current, status, options ?? new StatusPatchOptions(), client.Resource<T>().Json.Options) is { } patch
            ? await client.PatchAsync<T>(ObjectKey.Of(current), patch, StatusPatch.Subresource, cancellationToken)
            : current;
    }
}
