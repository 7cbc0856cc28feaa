using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Patching;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>The status of a Deployment, in the words of Kubernetes' own controller.</summary>
internal sealed class DeploymentStatus
{
    private const string NewReplicaSetAvailable = "NewReplicaSetAvailable";
    private const string TimedOut = "ProgressDeadlineExceeded";
    private const string Paused = "DeploymentPaused";

    private readonly DeploymentSpec _spec;
    private readonly JsonObject _former;
    private readonly DateTimeOffset _now;
    private readonly JsonArray _conditions;

    /// <summary>Counts the replicas, and says whether enough of them are available.</summary>
    public DeploymentStatus(
        JsonObject deployment, DeploymentSpec spec, ReplicaSetState? newest, IReadOnlyList<ReplicaSetState> old, DateTimeOffset now)
    {
        _spec = spec;
        _now = now;
        _former = deployment["status"] as JsonObject ?? [];
        IReadOnlyList<ReplicaSetState> all = newest is null ? old : [.. old, newest];
        var available = all.Sum(static set => set.Available);
        Json = new JsonObject { ["observedGeneration"] = deployment["metadata"].Get("generation").Integer() ?? 0 };
        Put("replicas", all.Sum(static set => set.Total));
        Put("updatedReplicas", newest?.Total ?? 0);
        Put("readyReplicas", all.Sum(static set => set.Ready));
        Put("availableReplicas", available);
        Put("unavailableReplicas", Math.Max(0, all.Sum(static set => set.Replicas) - available));
        if (_former["collisionCount"] is { } collisions)
        {
            Json["collisionCount"] = collisions.DeepClone();
        }

        Json["conditions"] = _conditions = _former["conditions"]?.DeepClone() as JsonArray ?? [];
        if (available >= spec.Replicas - spec.MaxUnavailable)
        {
            SetCondition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.");
        }
        else
        {
            SetCondition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
        }
    }

    public JsonObject Json { get; }

    /// <summary>Whether all replicas are those asked for, and available.</summary>
    public bool IsComplete =>
        Number(Json, "updatedReplicas") == _spec.Replicas && Number(Json, "replicas") == _spec.Replicas
            && Number(Json, "availableReplicas") == _spec.Replicas;

    /// <summary>
    /// When the rollout will have taken too long, unless it gets on; <see langword="null"/> where there is none, or it has already.
    /// </summary>
    public DateTimeOffset? Deadline =>
        Progressing is { } condition
        && condition.Get("reason").Text() is not (NewReplicaSetAvailable or TimedOut or Paused)
        && DateTimeOffset.TryParse(condition.Get("lastUpdateTime").Text(), CultureInfo.InvariantCulture, out var updated)
            ? updated + _spec.ProgressDeadline
            : null;

    private JsonNode? Progressing => _conditions.FirstOrDefault(static condition => condition.Get("type").Text() == "Progressing");

    private string? ProgressReason => Progressing.Get("reason").Text();

    /// <summary>Says that the rollout is held up, or is so no more.</summary>
    public void ReportPause()
    {
        if (ProgressReason == TimedOut)
        {
            return;
        }

        if (_spec.IsPaused)
        {
            SetCondition("Progressing", "Unknown", Paused, "Deployment is paused");
        }
        else if (ProgressReason == Paused)
        {
            SetCondition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed");
        }
    }

    /// <summary>Says that a rollout has begun with a new ReplicaSet.</summary>
    public void ReportCreated(string replicaSet) =>
        SetCondition("Progressing", "True", "NewReplicaSetCreated", $"Created new replica set \"{replicaSet}\"");

    /// <summary>Says that a rollout has begun with a ReplicaSet that was there.</summary>
    public void ReportFound(string replicaSet)
    {
        if (Progressing is null)
        {
            SetCondition("Progressing", "True", "FoundNewReplicaSet", $"Found new replica set \"{replicaSet}\"");
        }
    }

    /// <summary>Says how the rollout gets on.</summary>
    public void ReportProgress(string replicaSet)
    {
        if (Number(Json, "replicas") == Number(Json, "updatedReplicas") && ProgressReason == NewReplicaSetAvailable)
        {
            // The last rollout is over; replicas that come and go since are none.
            return;
        }

        if (IsComplete)
        {
            SetCondition("Progressing", "True", NewReplicaSetAvailable, $"ReplicaSet \"{replicaSet}\" has successfully progressed.");
        }
        else if (HasProgressed)
        {
            SetCondition("Progressing", "True", "ReplicaSetUpdated", $"ReplicaSet \"{replicaSet}\" is progressing.", renew: true);
        }
        else if (Deadline is { } deadline && deadline <= _now)
        {
            SetCondition("Progressing", "False", TimedOut, $"ReplicaSet \"{replicaSet}\" has timed out progressing.");
        }
    }

    private bool HasProgressed =>
        Number(Json, "updatedReplicas") > Number(_former, "updatedReplicas")
        || Number(Json, "replicas") - Number(Json, "updatedReplicas") < Number(_former, "replicas") - Number(_former, "updatedReplicas")
        || Number(Json, "readyReplicas") > Number(_former, "readyReplicas")
        || Number(Json, "availableReplicas") > Number(_former, "availableReplicas");

    // The condition that changes becomes the last one.
    private void SetCondition(string type, string status, string reason, string message, bool renew = false)
    {
        var former = _conditions.FirstOrDefault(condition => condition.Get("type").Text() == type);
        var isSameStatus = former.Get("status").Text() == status;
        if (isSameStatus && former.Get("reason").Text() == reason && !renew)
        {
            return;
        }

        var time = ManagedFieldsEntry.Format(_now);
        if (former is not null)
        {
            _conditions.Remove(former);
        }

        _conditions.Add((JsonNode)new JsonObject
        {
            ["type"] = type,
            ["status"] = status,
            ["lastUpdateTime"] = time,
            ["lastTransitionTime"] = isSameStatus ? former.Get("lastTransitionTime").Text() : time,
            ["reason"] = reason,
            ["message"] = message,
        });
    }

    // Zeros are left out of a status.
    private void Put(string name, int count)
    {
        if (count > 0)
        {
            Json[name] = count;
        }
    }

    private static int Number(JsonObject status, string name) => (int)(status[name].Integer() ?? 0);
}
