using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>
/// What the built-in controllers see of the server. Reads are always of the latest revision; writes go the way of HTTP writes
/// (defaulting, validation, conflicts, managed fields) without HTTP, and fail with <see cref="ApiException"/> as those do.
/// Safe for use from several threads.
/// </summary>
/// <remarks>
/// The controllers rely on the server for three things. A delete whose propagation policy is <c>Foreground</c> or <c>Orphan</c> puts the finalizer
/// <c>foregroundDeletion</c> or <c>orphan</c> on the object and sets its deletionTimestamp; it keeps the object while any finalizer is left.
/// An update that takes the last finalizer from an object with a deletionTimestamp deletes it. A namespace counts <c>spec.finalizers</c> as
/// finalizers too: its delete sets deletionTimestamp and the phase <c>Terminating</c>, and an update of its subresource <c>finalize</c> that empties
/// both deletes it.
/// </remarks>
internal interface IObjectAccess
{
    /// <summary>
    /// The objects there are, each as <see cref="ObjectChangeKind.Added"/>, and then every change in the order of its revision, without a gap, for
    /// ever: a reader that falls behind a compaction is given the present state again, with <see cref="ObjectChangeKind.Deleted"/> for what is gone.
    /// Each object appears once, in the version that is stored.
    /// </summary>
    /// <remarks>The objects that there are come without a wait.</remarks>
    /// <param name="storageKeys">
    /// The kinds to watch (<see cref="ResourceDefinition.StorageKey"/>), or <see langword="null"/> for all kinds, those added later included; then
    /// updates of an object that has neither owners nor a deletion time, before and after, are left out.
    /// </param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    IAsyncEnumerable<ObjectChange> WatchAsync(IReadOnlyCollection<string>? storageKeys, CancellationToken cancellationToken);

    /// <summary>
    /// The definition that serves a kind in any version, by preference in <paramref name="version"/>; <see langword="null"/> where none does.
    /// </summary>
    ResourceDefinition? FindKind(string group, string version, string kind);

    /// <summary>Every namespaced resource served now, one version of each.</summary>
    IReadOnlyList<ResourceDefinition> NamespacedResources { get; }

    /// <summary>The latest state as an object of the caller's own; <see langword="null"/> where there is none.</summary>
    /// <param name="resource">The resource, in the version wanted.</param>
    /// <param name="namespaceName">Empty for a cluster-scoped resource.</param>
    /// <param name="name">The object's name.</param>
    JsonObject? Get(ResourceDefinition resource, string namespaceName, string name);

    /// <summary>The names of the objects of a resource in a namespace.</summary>
    IReadOnlyList<string> ListNames(ResourceDefinition resource, string namespaceName);

    /// <summary>Creates the object and returns what was stored.</summary>
    ValueTask<JsonObject> CreateAsync(ResourceDefinition resource, JsonObject obj, string fieldManager, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the object, or with a <paramref name="subresource"/> (<c>status</c>, <c>finalize</c>) that part of it. A resourceVersion in it must
    /// be the latest.
    /// </summary>
    ValueTask<JsonObject> UpdateAsync(
        ResourceDefinition resource, JsonObject obj, string? subresource, string fieldManager, CancellationToken cancellationToken);

    /// <summary>Deletes the object as a client with this propagation policy would, if it still has this uid.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="namespaceName">Empty for a cluster-scoped resource.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="uid">The precondition; an object with another uid answers 409. <see langword="null"/> for none.</param>
    /// <param name="propagationPolicy"><c>Background</c>, <c>Foreground</c>, <c>Orphan</c>, or <see langword="null"/> for the kind's default.</param>
    /// <param name="cancellationToken">Gives up before the write.</param>
    ValueTask DeleteAsync(
        ResourceDefinition resource, string namespaceName, string name, string? uid, string? propagationPolicy, CancellationToken cancellationToken);
}
