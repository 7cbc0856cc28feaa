using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;

namespace CrMonitor.ApiServer;

/// <summary>
/// The objects of an <see cref="EmbeddedApiServer"/>, without the API between: for arranging a test and for looking at what it has left.
/// </summary>
/// <remarks>
/// Resources are named as <c>kubectl</c> names them in full: <c>configmaps</c>, <c>deployments.apps</c>, <c>applications.example.com</c>. Nothing
/// done here is recorded as a request, and no fault meets it; watches see it as any other write. Objects that are handed out are the caller's own.
/// All members may be called from any thread.
/// </remarks>
public sealed class ServerStorage
{
    private readonly Func<Cluster> _cluster;

    internal ServerStorage(Func<Cluster> cluster) => _cluster = cluster;

    /// <summary>The revision of the latest write: the highest <c>resourceVersion</c> there is.</summary>
    public long Revision => _cluster().Store.Revision;

    /// <summary>Forgets all changes up to now, as <see cref="EmbeddedApiServer.Compact"/> does.</summary>
    /// <returns>The revision up to which everything is forgotten.</returns>
    public long Compact() => _cluster().Store.Compact();

    /// <summary>How many objects of a resource there are.</summary>
    /// <param name="resource">The resource, such as <c>deployments.apps</c>.</param>
    /// <param name="ns">Only those of this namespace; all by default.</param>
    /// <exception cref="ArgumentException">There is no such resource.</exception>
    public int Count(string resource, string? ns = null)
    {
        var cluster = _cluster();
        var objects = cluster.Store.Table(Find(cluster, resource).StorageKey).Objects;
        return ns is null ? objects.Count : ListReader.InNamespace(objects, ns).Count();
    }

    /// <summary>The objects of a resource, by namespace and name.</summary>
    /// <param name="resource">The resource, such as <c>deployments.apps</c>.</param>
    /// <param name="ns">Only those of this namespace; all by default.</param>
    /// <returns>Copies, in the version in which they are stored.</returns>
    /// <exception cref="ArgumentException">There is no such resource.</exception>
    public IReadOnlyList<JsonObject> List(string resource, string? ns = null)
    {
        var cluster = _cluster();
        var objects = cluster.Store.Table(Find(cluster, resource).StorageKey).Objects;
        return [.. ListReader.InNamespace(objects, ns ?? "").Select(static o => JsonText.ParseObject(o.Json))];
    }

    /// <summary>One object.</summary>
    /// <param name="resource">The resource, such as <c>deployments.apps</c>.</param>
    /// <param name="ns">Its namespace; empty for objects of the cluster.</param>
    /// <param name="name">Its name.</param>
    /// <returns>A copy, in the version in which it is stored; <see langword="null"/> if there is none.</returns>
    /// <exception cref="ArgumentException">There is no such resource.</exception>
    public JsonObject? Get(string resource, string ns, string name)
    {
        var cluster = _cluster();
        return cluster.Store.Table(Find(cluster, resource).StorageKey).Find(StoredObject.KeyOf(ns, name)) is { } found
            ? JsonText.ParseObject(found.Json)
            : null;
    }

    /// <summary>
    /// Stores an object as it is, over the one that is there: status, timestamps, finalizers and managedFields included, without validation, defaults
    /// or conflicts.
    /// </summary>
    /// <param name="obj">
    /// The object, with apiVersion, kind and name. It gets a new <c>resourceVersion</c>; where it has none, the uid and creationTimestamp of the one
    /// that is there, or new ones; and the namespace <c>default</c> if its kind has namespaces and it names none. The namespace need not exist.
    /// </param>
    /// <returns>A copy of what is stored.</returns>
    /// <exception cref="ArgumentException">The object has no name, or its kind is not served.</exception>
    public JsonObject Put(JsonObject obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        var cluster = _cluster();
        var apiVersion = obj["apiVersion"]?.ToString() ?? "";
        var kind = obj["kind"]?.ToString() ?? "";
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var definition = cluster.Registry.FindKind(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], kind)
            ?? throw new ArgumentException(
                $"Nothing of kind {kind} in {apiVersion} is served. Create its CustomResourceDefinition first.", nameof(obj));
        if (obj["metadata"] is not JsonObject metadata || metadata["name"] is null)
        {
            throw new ArgumentException($"This {kind} has no metadata.name.", nameof(obj));
        }

        return JsonText.ParseObject(cluster.Writer.Put(definition, (JsonObject)obj.DeepClone()).Json);
    }

    /// <summary>Takes an object away at once, whatever its finalizers.</summary>
    /// <param name="resource">The resource, such as <c>deployments.apps</c>.</param>
    /// <param name="ns">Its namespace; empty for objects of the cluster.</param>
    /// <param name="name">Its name.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="ArgumentException">There is no such resource.</exception>
    public bool Remove(string resource, string ns, string name)
    {
        var cluster = _cluster();
        return cluster.Writer.Remove(Find(cluster, resource), ns, name);
    }

    private static ResourceDefinition Find(Cluster cluster, string resource)
    {
        ArgumentException.ThrowIfNullOrEmpty(resource);
        return cluster.Registry.All.FirstOrDefault(d => ApiErrors.Qualified(d.Plural, d.Group) == resource)
            ?? throw new ArgumentException(
                $"There is no resource {resource}. Name it by its plural and its group, such as deployments.apps.", nameof(resource));
    }
}
