using System.Text.Json;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Writes a status if, and only if, something of it changed.</summary>
public static class KubeClientStatusExtensions
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}"u8);

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
        options ??= new StatusPatchOptions();
        var contract = NullFree.Contract<TStatus>(client.Resource<T>().Json.Options);
        var from = AsObject(JsonSerializer.SerializeToElement(current.Status, contract));
        var to = AsObject(JsonSerializer.SerializeToElement(status, contract));
        if (MergeDiff.NamesBetween(from, to).All(options.IgnoredFields.Contains))
        {
            return current;
        }

        var patch = JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("status"u8);
            MergeDiff.Write(writer, from, to);
            if (options.OnlyThisVersion)
            {
                writer.WriteStartObject("metadata"u8);
                writer.WriteString("resourceVersion"u8, current.Metadata.ResourceVersion);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        });
        return await client.PatchAsync<T>(
            ObjectKey.Of(current), KubePatch.Merge(patch), new WriteOptions { Subresource = "status" }, cancellationToken);
    }

    private static JsonElement AsObject(JsonElement status) => status.ValueKind == JsonValueKind.Object ? status : Nothing;
}
