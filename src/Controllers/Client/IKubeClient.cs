using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Reads and writes objects; reads come from the host's caches where it keeps one, and are never older than what this process wrote.</summary>
/// <remarks>
/// <para>
/// A read is answered from a cache if the host keeps one of the type that holds all that is asked for; while it has not synced (before the host's
/// start, too), the server is asked for what the cache will hold. If there is no cache of the type, the server is asked. Where the caches of the type
/// leave out what is asked for (other namespaces, or objects that a selector does not match), the read fails with
/// <see cref="OutsideOfCacheException"/> instead of showing less than there is. <see cref="Live"/> always asks the server; <see cref="Within"/> asks
/// for what one cache holds.
/// </para>
/// <para>
/// The answer of every write goes into all caches of the resource before the write returns, whatever the type of their objects, so that reads here
/// and by <see cref="ILister{T}"/> show it, whatever the watch has brought so far. A cache of another version of the resource cannot take it: to
/// that, only deletions are told. Out of a cache whose labels it no longer has, the object goes at once. What caches show is as their transform left
/// it: an update of it takes away what the transform took.
/// </para>
/// <para>
/// What a read or a write returns is the caller's own copy and may be changed and written back; it has no managedFields. Listers hand out the shared
/// objects, without the cost of a copy.
/// </para>
/// <para>
/// Some subresources are objects of another kind than what they belong to: <c>scale</c>, <c>eviction</c>, <c>token</c>, <c>binding</c>. The answer to
/// a write of such a one does not show the object. So that is read anew (which takes the permission to get it), shown to the caches, and returned. A
/// <see cref="DynamicObject"/> may be of any kind: of that type, the answer itself is returned, and the object is read for the caches alone. What is
/// created at a subresource is always of another kind: send it as a <see cref="DynamicObject"/>.
/// </para>
/// Every call throws <see cref="KubeApiException"/> with the server's words
/// when the server refuses it, and <see cref="HttpRequestException"/> when the server cannot be reached. Objects that are passed in are not changed.
/// Null members are not sent. May be used from any thread.
/// </remarks>
public interface IKubeClient
{
    /// <summary>The resource that objects of <typeparamref name="T"/> are kept as.</summary>
    /// <exception cref="InvalidOperationException">No resource is known for the type; the message says how to make it known.</exception>
    KubeResource<T> Resource<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>The same client, whose reads ask the server, past the cache.</summary>
    IKubeClient Live { get; }

    /// <summary>
    /// The same client, for which objects of <typeparamref name="T"/> are those of <paramref name="resource"/>: for types that stand for many
    /// resources (<see cref="DynamicObject"/>, <see cref="PartialObjectMetadata"/>), and for resources that the host was not told of.
    /// </summary>
    /// <remarks>
    /// What was said of other types stays. To the client of a <see cref="ReconcileContext{T}"/> of such a type, the type stands for the controller's
    /// resource.
    /// </remarks>
    IKubeClient For<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// The same client, whose reads of <typeparamref name="T"/> show what the cache of <paramref name="scope"/> holds, and nothing else. They wait
    /// until it has synced, which takes the host's start. Writes are not confined. What was said of other types stays.
    /// </summary>
    /// <param name="scope">
    /// As it was given to <c>AddInformer</c>, <c>For</c>, <c>Owns</c> or <c>Watches</c>. Without such a cache, reads fail.
    /// </param>
    IKubeClient Within<T>(CacheScope scope)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Reads an object. <see langword="null"/> if there is none.</summary>
    /// <exception cref="OutsideOfCacheException">No cache has it, and those of the type do not hold all objects of the namespace.</exception>
    Task<T?> GetAsync<T>(ObjectKey key, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Reads the objects of one namespace (<see langword="null"/>: of all that the cache holds; of all that there are, if the host keeps none of the
    /// type) that <paramref name="selector"/> matches.
    /// </summary>
    /// <returns>
    /// The objects in no particular order, all of one state of the cache or the server. For a cache of several namespaces that has not synced, the
    /// server is asked for one after the other.
    /// </returns>
    /// <exception cref="OutsideOfCacheException">
    /// No cache of the type holds all of them. A cache that was made with a label selector answers lists that ask for the same requirements, or for
    /// more.
    /// </exception>
    Task<IReadOnlyList<T>> ListAsync<T>(string? ns = null, LabelSelector? selector = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Reads a subresource from the server, in whatever kind it has: the <c>autoscaling/v1</c> <c>Scale</c> of a Deployment, say.</summary>
    /// <typeparam name="T">The type of the object that it belongs to.</typeparam>
    /// <returns><see langword="null"/> if there is no such object, or it has no such subresource.</returns>
    /// <exception cref="InvalidDataException">What the server answers is no JSON object, such as a log.</exception>
    Task<DynamicObject?> GetSubresourceAsync<T>(ObjectKey key, string subresource, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Creates an object.</summary>
    /// <returns>The object as the server stored it.</returns>
    /// <exception cref="KubeApiException">Among others: one of that name exists (<see cref="KubeApiException.IsAlreadyExists"/>), which a stale cache may not show yet.</exception>
    /// <exception cref="InvalidDataException">
    /// It was created at a subresource, and the answer is of another kind, which <typeparamref name="T"/> does not describe. The request has taken
    /// effect: do not repeat it. Send a <see cref="DynamicObject"/> instead.
    /// </exception>
    Task<T> CreateAsync<T>(T resource, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Replaces an object, or its subresource. With a resourceVersion in its metadata, only that version is replaced.</summary>
    /// <remarks>Members that <typeparamref name="T"/> does not know are lost: prefer <see cref="ApplyAsync{T}"/> or a patch.</remarks>
    /// <returns>The object as the server stored it.</returns>
    /// <exception cref="InvalidOperationException">
    /// It is a <see cref="PartialObjectMetadata"/>: the object would be replaced by its metadata. Patch or apply them.
    /// </exception>
    Task<T> UpdateAsync<T>(T resource, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Changes parts of an object, or of its subresource.</summary>
    /// <returns>The object as the server stored it.</returns>
    Task<T> PatchAsync<T>(ObjectKey key, KubePatch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Server-side apply: creates the object, or sets just those fields that are not null in <paramref name="desired"/> and takes away those that
    /// this field manager set before and does not set now.
    /// </summary>
    /// <returns>The object as the server stored it.</returns>
    Task<T> ApplyAsync<T>(T desired, ApplyOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Server-side apply of a body that is JSON already, with apiVersion, kind and metadata.name.</summary>
    /// <returns>The object as the server stored it.</returns>
    Task<T> ApplyJsonAsync<T>(ObjectKey key, ReadOnlyMemory<byte> desired, ApplyOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Deletes an object; with finalizers or foreground propagation it stays, marked, until they are done.</summary>
    /// <returns><see langword="false"/> if there was none.</returns>
    Task<bool> DeleteAsync<T>(ObjectKey key, DeleteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>;
}
