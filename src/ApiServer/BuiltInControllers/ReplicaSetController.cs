using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Patching;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>Keeps the number of pods that each ReplicaSet asks for, and counts them in its status.</summary>
/// <remarks>A ReplicaSet's pods are those that it has made: none is adopted or released by its labels.</remarks>
internal sealed class ReplicaSetController(IObjectAccess access, TimeProvider time, ILogger<ReplicaSetController> logger)
    : BuiltInController<ObjectId>(access, time, logger)
{
    private const string ReplicaSets = "replicasets.apps";
    private const string Pods = "pods";

    private readonly OwnedObjects<PodState> _owned = new(static change => PodState.Read(JsonNode.Parse(change.Json.Span)!));

    protected override IReadOnlyCollection<string>? ObservedKinds { get; } = [ReplicaSets, Pods];

    protected override void Observe(ObjectChange change)
    {
        if (change.Resource.StorageKey == ReplicaSets)
        {
            Keys.Add(new ObjectId(change.Namespace, change.Name));
            return;
        }

        foreach (var owner in _owned.Observe(change).Where(static owner => owner.Kind == "ReplicaSet"))
        {
            Keys.Add(new ObjectId(change.Namespace, owner.Name));
        }
    }

    protected override async ValueTask ReconcileAsync(ObjectId key, CancellationToken cancellationToken)
    {
        if (Access.FindKind("apps", "v1", "ReplicaSet") is not { } resource
            || Access.FindKind("", "v1", "Pod") is not { } pods
            || Access.Get(resource, key.Namespace, key.Name) is not { } set)
        {
            return;
        }

        var uid = set["metadata"].Get("uid").Text()!;
        ApiException? failure = null;
        if (set["metadata"].Get("deletionTimestamp") is null)
        {
            failure = await AdjustAsync(pods, key, uid, set, cancellationToken);
        }

        var now = Time.GetUtcNow();
        var minimumReady = TimeSpan.FromSeconds(set["spec"].Get("minReadySeconds").Integer() ?? 0);
        var active = _owned.Of(uid).Where(static pod => pod.IsActive).ToList();
        if (active.Where(pod => pod.ReadySince + minimumReady > now).Min(static pod => pod.ReadySince) is { } next)
        {
            Keys.AddAt(key, next + minimumReady);
        }

        var status = Status(set, active, active.Count(pod => pod.ReadySince + minimumReady <= now), failure);
        if (!JsonNode.DeepEquals(status, set["status"]))
        {
            set["status"] = status;
            await Access.UpdateAsync(resource, set, "status", Manager, cancellationToken);
        }

        if (failure is not null)
        {
            // The status has told; a later attempt may succeed.
            throw failure;
        }
    }

    /// <summary>Creates the pods that are missing, or deletes those that are too many.</summary>
    /// <returns>Why a pod could not be created.</returns>
    private async ValueTask<ApiException?> AdjustAsync(
        ResourceDefinition pods, ObjectId key, string uid, JsonObject set, CancellationToken cancellationToken)
    {
        var active = _owned.Of(uid).Where(static pod => pod.IsActive).ToList();
        var wanted = (int)(set["spec"].Get("replicas").Integer() ?? 1);
        try
        {
            for (var i = active.Count; i < wanted; i++)
            {
                var pod = await Access.CreateAsync(pods, NewPod(key, uid, set), Manager, cancellationToken);
                var state = PodState.Read(pod);
                var owner = new OwnerReference("apps/v1", "ReplicaSet", key.Name, uid, BlocksDeletion: true, IsController: true);
                _owned.NoteCreated(owner, state.Uid, RevisionOf(pod), state);
            }
        }
        catch (ApiException exception)
        {
            return IsNamespaceTerminating(exception) ? null : exception;
        }

        // Those that are not ready go first, then the youngest.
        var surplus = active.OrderBy(static pod => pod.ReadySince is not null).ThenByDescending(static pod => pod.ReadySince).ThenByDescending(
            static pod => pod.Created);
        foreach (var pod in surplus.Take(active.Count - wanted))
        {
            await DeleteAsync(pods, key.Namespace, pod, cancellationToken);
        }

        return null;
    }

    private async ValueTask DeleteAsync(ResourceDefinition pods, string ns, PodState pod, CancellationToken cancellationToken)
    {
        _owned.NoteLeaving(pod.Uid);
        try
        {
            await Access.DeleteAsync(pods, ns, pod.Name, pod.Uid, "Background", cancellationToken);
        }
        catch (ApiException exception) when (exception.Code is 404 or 409)
        {
            // It is gone already, and this is about to be observed.
        }
        catch
        {
            _owned.NoteKept(pod.Uid);
            throw;
        }
    }

    private static JsonObject NewPod(ObjectId key, string uid, JsonObject set)
    {
        var template = set["spec"].Get("template");
        var metadata = new JsonObject { ["generateName"] = $"{key.Name}-", ["namespace"] = key.Namespace };
        foreach (var field in new[] { "labels", "annotations", "finalizers" })
        {
            if (template.Get("metadata").Get(field) is { } value)
            {
                metadata[field] = value.DeepClone();
            }
        }

        metadata["ownerReferences"] = new JsonArray(Owners.Controller("apps/v1", "ReplicaSet", key.Name, uid));
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = metadata,
            ["spec"] = template.Get("spec")?.DeepClone(),
        };
    }

    private JsonObject Status(JsonObject set, List<PodState> active, int available, ApiException? failure)
    {
        var template = set["spec"].Get("template").Get("metadata").Get("labels") as JsonObject ?? [];
        var status = new JsonObject { ["replicas"] = active.Count };
        Put("fullyLabeledReplicas", active.Count(pod => template.All(label => pod.Labels.GetValueOrDefault(label.Key) == label.Value.Text())));
        Put("readyReplicas", active.Count(static pod => pod.ReadySince is not null));
        Put("availableReplicas", available);
        status["observedGeneration"] = set["metadata"].Get("generation").Integer() ?? 0;
        if (failure is not null)
        {
            var former = set["status"].Get("conditions").Elements() is [var condition, ..] ? condition : null;
            status["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "ReplicaFailure",
                ["status"] = "True",
                ["lastTransitionTime"] = former.Get("lastTransitionTime").Text() ?? ManagedFieldsEntry.Format(Time.GetUtcNow()),
                ["reason"] = "FailedCreate",
                ["message"] = failure.Message,
            });
        }

        return status;

        // Zeros are left out of a status, but for the first.
        void Put(string name, int count)
        {
            if (count > 0)
            {
                status[name] = count;
            }
        }
    }
}
