using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>
/// Deletes objects whose owners are all gone, of whatever kind; lets an owner that is deleted in the foreground wait for its dependents; and takes
/// the reference out of the dependents of an owner that is deleted with the policy <c>Orphan</c>.
/// </summary>
/// <remarks>
/// An owner is told by its uid. One of a kind that is not served is taken to be there, unless it was seen to go: the kind may come back.
/// </remarks>
internal sealed class GarbageCollector(IObjectAccess access, TimeProvider time, ILogger<GarbageCollector> logger)
    : BuiltInController<string>(access, time, logger)
{
    // _gate guards the fields below. It is held for their updates alone: never across a call to the server.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Node> _nodes = []; // by uid: what has owners, or waits for its dependents
    private readonly Dictionary<string, HashSet<string>> _dependents = []; // by the owner's uid
    private readonly HashSet<string> _goneOwners = []; // uids that were seen to go and still have dependents

    private sealed record Node(ResourceDefinition Resource, string Namespace, string Name, string Uid, ObjectLinks Links);

    private enum OwnerState
    {
        Present,
        Gone,
        WaitsForDependents,
    }

    protected override IReadOnlyCollection<string>? ObservedKinds => null;

    protected override void Observe(ObjectChange change)
    {
        var links = change.Kind == ObjectChangeKind.Deleted ? ObjectLinks.None : ObjectLinks.Read(change.Json);
        List<string> due = [];
        lock (_gate)
        {
            var former = _nodes.GetValueOrDefault(change.Uid)?.Links ?? ObjectLinks.None;
            foreach (var owner in former.Owners)
            {
                if (_dependents.TryGetValue(owner.Uid, out var uids) && uids.Remove(change.Uid) && uids.Count == 0)
                {
                    _dependents.Remove(owner.Uid);
                    _goneOwners.Remove(owner.Uid);
                }

                // It may have waited for this dependent.
                due.Add(owner.Uid);
            }

            foreach (var owner in links.Owners)
            {
                (_dependents.TryGetValue(owner.Uid, out var uids) ? uids : _dependents[owner.Uid] = []).Add(change.Uid);
            }

            if (links.Owners.Count > 0 || links.WaitsForDependents || links.OrphansDependents)
            {
                _nodes[change.Uid] = new Node(change.Resource, change.Namespace, change.Name, change.Uid, links);
                if (!links.IsSameAs(former))
                {
                    due.Add(change.Uid);
                }
            }
            else
            {
                _nodes.Remove(change.Uid);
            }

            if ((change.Kind == ObjectChangeKind.Deleted || links.WaitsForDependents) && _dependents.TryGetValue(change.Uid, out var dependents))
            {
                due.AddRange(dependents);
                if (change.Kind == ObjectChangeKind.Deleted)
                {
                    _goneOwners.Add(change.Uid);
                }
            }

            due.RemoveAll(uid => !_nodes.ContainsKey(uid));
        }

        due.ForEach(Keys.Add);
    }

    protected override async ValueTask ReconcileAsync(string key, CancellationToken cancellationToken)
    {
        Node? node;
        lock (_gate)
        {
            node = _nodes.GetValueOrDefault(key);
        }

        // What was observed may be old news: the live object decides.
        if (node is null || Find(node) is not { } live)
        {
            return;
        }

        // But the dependents are known only up to what was observed, so that an owner is let go not before its deletion was.
        var links = ObjectLinks.Read(Encoding.UTF8.GetBytes(live.ToJsonString()));
        if (links.OrphansDependents || links.WaitsForDependents)
        {
            if (node.Links.OrphansDependents)
            {
                await OrphanAsync(node, cancellationToken);
            }
            else if (node.Links.WaitsForDependents)
            {
                await FinishForegroundAsync(node, live, cancellationToken);
            }
        }
        else if (!links.IsDeleting && links.Owners.Count > 0)
        {
            await DeleteIfAbandonedAsync(node, live, links, cancellationToken);
        }
    }

    private async ValueTask DeleteIfAbandonedAsync(Node node, JsonObject live, ObjectLinks links, CancellationToken cancellationToken)
    {
        var states = links.Owners.Select(owner => (owner.Uid, State: StateOf(owner, node.Namespace))).ToList();
        if (states.Exists(static owner => owner.State == OwnerState.Present))
        {
            // It stays, and forgets the owners that do not.
            var leaving = states.Where(static owner => owner.State != OwnerState.Present).Select(static owner => owner.Uid).ToHashSet();
            if (leaving.Count > 0)
            {
                RemoveOwners(live, leaving);
                await UpdateAsync(node, live, cancellationToken);
            }

            return;
        }

        // What an owner waits for waits for its own dependents in turn, if it has any.
        var policy = states.Exists(static owner => owner.State == OwnerState.WaitsForDependents) ? "Foreground"
            : HasFinalizer(live, ObjectLinks.OrphanFinalizer) ? "Orphan"
            : HasFinalizer(live, ObjectLinks.ForegroundFinalizer) ? "Foreground"
            : "Background";
        await Access.DeleteAsync(node.Resource, node.Namespace, node.Name, node.Uid, policy, cancellationToken);
    }

    private async ValueTask FinishForegroundAsync(Node owner, JsonObject live, CancellationToken cancellationToken)
    {
        // A dependent that does not block is deleted as well, but not waited for.
        if (!DependentsOf(owner.Uid).Any(node => node.Links.Owners.Any(reference => reference.Uid == owner.Uid && reference.BlocksDeletion)))
        {
            RemoveFinalizer(live, ObjectLinks.ForegroundFinalizer);
            await UpdateAsync(owner, live, cancellationToken);
        }
    }

    private async ValueTask OrphanAsync(Node owner, CancellationToken cancellationToken)
    {
        foreach (var dependent in DependentsOf(owner.Uid))
        {
            if (Find(dependent) is { } obj && RemoveOwners(obj, [owner.Uid]))
            {
                await UpdateAsync(dependent, obj, cancellationToken);
            }
        }

        if (Find(owner) is { } live)
        {
            RemoveFinalizer(live, ObjectLinks.OrphanFinalizer);
            await UpdateAsync(owner, live, cancellationToken);
        }
    }

    private OwnerState StateOf(OwnerReference owner, string dependentNamespace)
    {
        lock (_gate)
        {
            if (_goneOwners.Contains(owner.Uid))
            {
                return OwnerState.Gone;
            }
        }

        // An owner in a namespace cannot own what is in none: such a reference is wrong, and nothing is deleted for it.
        if (Access.FindKind(owner.Group, owner.Version, owner.Kind) is not { } resource || (resource.IsNamespaced && dependentNamespace.Length == 0))
        {
            return OwnerState.Present;
        }

        var live = Access.Get(resource, resource.IsNamespaced ? dependentNamespace : "", owner.Name);
        if (live is null || live["metadata"].Get("uid").Text() != owner.Uid)
        {
            return OwnerState.Gone;
        }

        return live["metadata"].Get("deletionTimestamp") is not null && HasFinalizer(live, ObjectLinks.ForegroundFinalizer)
            ? OwnerState.WaitsForDependents
            : OwnerState.Present;
    }

    private List<Node> DependentsOf(string uid)
    {
        lock (_gate)
        {
            return _dependents.TryGetValue(uid, out var uids) ? [.. uids.Select(dependent => _nodes[dependent])] : [];
        }
    }

    private JsonObject? Find(Node node) =>
        Access.Get(node.Resource, node.Namespace, node.Name) is { } live && live["metadata"].Get("uid").Text() == node.Uid ? live : null;

    private async ValueTask UpdateAsync(Node node, JsonObject obj, CancellationToken cancellationToken) =>
        await Access.UpdateAsync(node.Resource, obj, subresource: null, Manager, cancellationToken);

    private static bool HasFinalizer(JsonObject obj, string finalizer) =>
        obj["metadata"].Get("finalizers").Elements().Any(other => other.Text() == finalizer);

    private static void RemoveFinalizer(JsonObject obj, string finalizer)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        if (metadata["finalizers"] is JsonArray finalizers && finalizers.RemoveAll(other => other.Text() == finalizer) > 0 && finalizers.Count == 0)
        {
            metadata.Remove("finalizers");
        }
    }

    private static bool RemoveOwners(JsonObject obj, HashSet<string> uids)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        if (metadata["ownerReferences"] is not JsonArray owners
            || owners.RemoveAll(owner => owner.Get("uid").Text() is { } uid && uids.Contains(uid)) == 0)
        {
            return false;
        }

        if (owners.Count == 0)
        {
            metadata.Remove("ownerReferences");
        }

        return true;
    }
}
