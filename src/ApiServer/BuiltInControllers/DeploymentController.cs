using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Patching;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>
/// Lets Deployments become available, as if their pods ran: replicas become ready one after the other, a change of the template rolls out within
/// the limits of the strategy, and the status says so in the words of Kubernetes' own controller. There are no ReplicaSets and no Pods.
/// </summary>
/// <param name="access">The server's objects.</param>
/// <param name="time">The clock.</param>
/// <param name="readyInterval">From one replica of a Deployment becoming ready to the next.</param>
/// <param name="logger">Where failures go.</param>
internal sealed class DeploymentController(IObjectAccess access, TimeProvider time, TimeSpan readyInterval, ILogger<DeploymentController> logger)
    : BuiltInController<ObjectId>(access, time, logger)
{
    /// <summary>As whom the controllers of a cluster write.</summary>
    public const string Manager = "kube-controller-manager";

    // Of the reconciling loop alone: by uid, the fleet of each Deployment and when it last got on.
    private readonly Dictionary<ObjectId, Rollout> _rollouts = [];

    private sealed record Rollout(string Uid, ReplicaFleet Fleet)
    {
        public DateTimeOffset LastProgress { get; set; }
    }

    protected override string ObservedKind => "deployments.apps";

    protected override void Observe(ObjectChange change) => Keys.Add(new ObjectId(change.Namespace, change.Name));

    protected override async ValueTask ReconcileAsync(ObjectId key, CancellationToken cancellationToken)
    {
        if (Access.FindKind("apps", "v1", "Deployment") is not { } resource
            || Access.Get(resource, key.Namespace, key.Name) is not { } deployment)
        {
            _rollouts.Remove(key);
            return;
        }

        var metadata = (JsonObject)deployment["metadata"]!;
        if (metadata["deletionTimestamp"] is not null)
        {
            return;
        }

        var now = Time.GetUtcNow();
        var spec = DeploymentSpec.From(deployment);
        var generation = metadata["generation"].Integer() ?? 0;
        var former = deployment["status"] as JsonObject ?? [];
        var rollout = RolloutOf(key, metadata["uid"].Text()!, spec, former, generation, now);
        var formerTemplate = rollout.Fleet.Template;
        var next = rollout.Fleet.Advance(spec, now, readyInterval);
        var status = Status(key, spec, rollout, former, generation, formerTemplate, now);
        if (!IsComplete(status, spec) && !spec.IsPaused && !HasTimedOut(status))
        {
            var deadline = rollout.LastProgress + spec.ProgressDeadline;
            next = next is null || deadline < next ? deadline : next;
        }

        if (next is { } due)
        {
            // Before the write, so that who sees the status can rely on the next one being due.
            Keys.AddAt(key, due);
        }

        if (!JsonNode.DeepEquals(status, former))
        {
            deployment["status"] = status;
            await Access.UpdateAsync(resource, deployment, "status", Manager, cancellationToken);
        }
    }

    private Rollout RolloutOf(ObjectId key, string uid, DeploymentSpec spec, JsonObject status, long generation, DateTimeOffset now)
    {
        if (_rollouts.TryGetValue(key, out var rollout) && rollout.Uid == uid)
        {
            return rollout;
        }

        rollout = new Rollout(uid, new ReplicaFleet()) { LastProgress = now };
        _rollouts[key] = rollout;
        if (Number(status, "replicas") is var total and > 0)
        {
            // Whether a template that was changed meanwhile is the one that was rolled out cannot be told any more: it is rolled out again.
            var updated = status["observedGeneration"].Integer() == generation ? Number(status, "updatedReplicas") : 0;
            rollout.Fleet.Restore(spec.TemplateHash, updated, total, Number(status, "readyReplicas"), now);
        }

        return rollout;
    }

    private static JsonObject Status(
        ObjectId key,
        DeploymentSpec spec,
        Rollout rollout,
        JsonObject former,
        long generation,
        string formerTemplate,
        DateTimeOffset now)
    {
        var fleet = rollout.Fleet;
        var available = fleet.Available(now, spec.MinReady);
        var status = new JsonObject { ["observedGeneration"] = generation };
        Put(status, "replicas", fleet.Total);
        Put(status, "updatedReplicas", fleet.Updated);
        Put(status, "readyReplicas", fleet.Ready);
        Put(status, "availableReplicas", available);
        Put(status, "unavailableReplicas", Math.Max(0, Math.Max(fleet.Total, spec.Replicas) - available));

        var conditions = former["conditions"]?.DeepClone() as JsonArray ?? [];
        status["conditions"] = conditions;
        var isEnough = available >= spec.Replicas - spec.MaxUnavailable;
        SetCondition(
            conditions,
            "Available",
            isEnough ? "True" : "False",
            isEnough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            isEnough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
            now,
            renew: false);

        var replicaSet = $"{key.Name}-{fleet.Template}";
        var isNew = fleet.Template != formerTemplate;
        var hasProgressed = isNew || Counts(status) != Counts(former);
        if (hasProgressed)
        {
            rollout.LastProgress = now;
        }

        if (spec.IsPaused)
        {
            SetCondition(conditions, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now, renew: false);
        }
        else if (IsComplete(status, spec))
        {
            SetCondition(
                conditions, "Progressing", "True", "NewReplicaSetAvailable", $"ReplicaSet \"{replicaSet}\" has successfully progressed.", now, renew: false);
        }
        else if (isNew)
        {
            SetCondition(conditions, "Progressing", "True", "NewReplicaSetCreated", $"Created new replica set \"{replicaSet}\"", now, renew: true);
        }
        else if (hasProgressed)
        {
            SetCondition(conditions, "Progressing", "True", "ReplicaSetUpdated", $"ReplicaSet \"{replicaSet}\" is progressing.", now, renew: true);
        }
        else if (now >= rollout.LastProgress + spec.ProgressDeadline)
        {
            SetCondition(
                conditions, "Progressing", "False", "ProgressDeadlineExceeded", $"ReplicaSet \"{replicaSet}\" has timed out progressing.", now, renew: false);
        }

        return status;
    }

    private static bool IsComplete(JsonObject status, DeploymentSpec spec) =>
        Number(status, "updatedReplicas") == spec.Replicas && Number(status, "replicas") == spec.Replicas && Number(status, "availableReplicas") == spec.Replicas;

    private static bool HasTimedOut(JsonObject status) =>
        status["conditions"].Elements().Any(static condition => condition.Get("reason").Text() == "ProgressDeadlineExceeded");

    private static (int Total, int Updated, int Ready, int Available) Counts(JsonObject status) =>
        (Number(status, "replicas"), Number(status, "updatedReplicas"), Number(status, "readyReplicas"), Number(status, "availableReplicas"));

    /// <summary>Sets a condition if its status or reason changes, or <paramref name="renew"/> asks for it, as the last one of the list.</summary>
    private static void SetCondition(JsonArray conditions, string type, string status, string reason, string message, DateTimeOffset now, bool renew)
    {
        var former = conditions.FirstOrDefault(condition => condition.Get("type").Text() == type);
        var isSameStatus = former.Get("status").Text() == status;
        if (isSameStatus && former.Get("reason").Text() == reason && former.Get("message").Text() == message && !renew)
        {
            return;
        }

        var time = ManagedFieldsEntry.Format(now);
        if (former is not null)
        {
            conditions.Remove(former);
        }

        conditions.Add((JsonNode)new JsonObject
        {
            ["lastTransitionTime"] = isSameStatus ? former.Get("lastTransitionTime").Text() : time,
            ["lastUpdateTime"] = time,
            ["message"] = message,
            ["reason"] = reason,
            ["status"] = status,
            ["type"] = type,
        });
    }

    // Zeros are left out of a status.
    private static void Put(JsonObject status, string name, int count)
    {
        if (count > 0)
        {
            status[name] = count;
        }
    }

    private static int Number(JsonObject status, string name) => (int)(status[name].Integer() ?? 0);
}
