using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Creates an object, or changes the one that there is where it differs.</summary>
public static class KubeClientCreateOrUpdateExtensions
{
    /// <summary>
    /// Reads the object of the name of <paramref name="initial"/>, lets <paramref name="change"/> make of it what is wanted, and writes what that has
    /// changed, as a merge patch of just the version that was read. Without such an object, creates what <paramref name="change"/> makes of
    /// <paramref name="initial"/>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Set single members, and leave the rest as it is: what the server has filled in by itself, and <paramref name="change"/> takes away, comes back
    /// and is taken away again at each call. Of an object whose every wanted field is known beforehand,
    /// <see cref="IKubeClient.ApplyAsync{T}"/> is the better way.
    /// </para>
    /// <para>
    /// Lists are written as a whole. A status with a subresource of its own is not written: see <see cref="KubeClientStatusExtensions"/>.
    /// </para>
    /// </remarks>
    /// <param name="client">What reads and writes; <see cref="IKubeClient.Live"/> reads past the cache.</param>
    /// <param name="initial">The name, namespace and whatever else the object is created with. It is not changed.</param>
    /// <param name="change">
    /// Is given a copy, which it may change, and returns it or another object. It may be called twice: a cache that is behind does not show an object
    /// that exists.
    /// </param>
    /// <param name="options">How to write.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The object as the server stored it, or as it was read if there was nothing to write.</returns>
    /// <exception cref="InvalidOperationException"><paramref name="change"/> returned nothing, or an object of another name.</exception>
    /// <exception cref="KubeApiException">Among others: a conflict, if another writer was faster.</exception>
    public static async Task<(T Object, WriteOutcome Outcome)> CreateOrUpdateAsync<T>(
        this IKubeClient client, T initial, Func<T, T> change, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(change);
        var resource = client.Resource<T>();
        if (string.IsNullOrEmpty(initial.Metadata?.Name))
        {
            throw new ArgumentException($"The {resource.Kind} has no metadata.name, by which it could be found.", nameof(initial));
        }

        var key = ObjectKey.Of(initial);
        var current = await client.GetAsync<T>(key, cancellationToken);
        if (current is null)
        {
            var copy = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(initial, resource.Json), resource.Json)!;
            try
            {
                return (await client.CreateAsync(Changed(resource, key, copy, change), options, cancellationToken), WriteOutcome.Created);
            }
            catch (KubeApiException e) when (e.IsAlreadyExists)
            {
                current = await client.Live.GetAsync<T>(key, cancellationToken);
                if (current is null)
                {
                    throw;
                }
            }
        }

        return await UpdateAsync(client, resource, key, current, change, options, cancellationToken);
    }

    private static async Task<(T Object, WriteOutcome Outcome)> UpdateAsync<T>(
        IKubeClient client,
        KubeResource<T> resource,
        ObjectKey key,
        T current,
        Func<T, T> change,
        WriteOptions? options,
        CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        // By what they are written as, and before the copy is changed in its place.
        var contract = NullFree.Contract<T>(resource.Json.Options);
        var version = current.Metadata.ResourceVersion;
        var from = JsonSerializer.SerializeToElement(current, contract);
        var wanted = Changed(resource, key, current, change);
        var to = JsonSerializer.SerializeToElement(wanted, contract);
        if (!MergeDiff.Differ(from, to, ignored: []))
        {
            return (wanted, WriteOutcome.Unchanged);
        }

        var patch = JsonNode.Parse(JsonBytes.Write(writer => MergeDiff.Write(writer, from, to)).Span)!.AsObject();
        if (patch["metadata"] is not JsonObject metadata)
        {
            patch["metadata"] = metadata = [];
        }

        metadata["resourceVersion"] = version;
        var answer = await client.PatchAsync<T>(key, KubePatch.Merge(JsonBytes.Of(patch)), options, cancellationToken);

        // What the server gave back to the object, or did not take, has changed nothing.
        var isSame = answer.Metadata.ResourceVersion == version && options is not { DryRun: true };
        return (answer, isSame ? WriteOutcome.Unchanged : WriteOutcome.Updated);
    }

    private static T Changed<T>(KubeResource resource, ObjectKey key, T copy, Func<T, T> change)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var wanted = change(copy)
            ?? throw new InvalidOperationException($"The change of {resource.Kind} {key} returned no object. Return the one to be written.");
        return ObjectKey.Of(wanted) == key
            ? wanted
            : throw new InvalidOperationException(
                $"The change of {resource.Kind} {key} made it {ObjectKey.Of(wanted)}. Name and namespace stay: call again with another name for "
                + "another object.");
    }
}
