using CrMonitor.Controllers;
using k8s.Models;

namespace CrMonitor.SampleOperator;

/// <summary>Computes an Application's status. Pure: the same arguments give the same status, and an unchanged situation gives an equal one.</summary>
internal static class ApplicationStatusBuilder
{
    // A server takes 32,768 characters; nobody reads them.
    private const int MaxMessageLength = 1024;

    /// <summary>
    /// The status that <paramref name="application"/> should have. A condition's transition time moves only when its status does, and <c>lastUpdated</c> only
    /// when anything else moves: where nothing does, the result equals (<see cref="AreEqual"/>) the status that the Application has.
    /// </summary>
    public static ApplicationStatus Build(Application application, Observation observation, TimeProvider timeProvider)
    {
        var current = application.Status;
        var verdict = Judge(application, observation, current);

        var status = new ApplicationStatus
        {
            ObservedGeneration = application.Metadata.Generation,
            Phase = verdict.Phase,
            AvailableReplicas = verdict.AvailableReplicas,
            Conditions = Conditions(verdict, new ConditionSet(current?.Conditions, application.Metadata.Generation, timeProvider)),
            LastUpdated = current?.LastUpdated,
        };
        return AreEqual(status, current) ? status : status with { LastUpdated = NowInSeconds(timeProvider) };
    }

    /// <summary>Two statuses say the same.</summary>
    public static bool AreEqual(ApplicationStatus left, ApplicationStatus? right) =>
        right is not null
        && left with { Conditions = null } == right with { Conditions = null }
        && (left.Conditions ?? []).SequenceEqual(right.Conditions ?? []);

    private static Verdict Judge(Application application, Observation observation, ApplicationStatus? current) => observation switch
    {
        Observation.Deployed(var deployment) => JudgeDeployment(deployment, application.Spec.Replicas),
        Observation.Blocked(var reason, var message, var deployment) =>
            Verdict.Blocked(reason, message, deployment?.Status?.AvailableReplicas ?? 0),
        Observation.Terminating => new Verdict(
            ApplicationPhase.Terminating, current?.AvailableReplicas ?? 0, IsReady: false, IsProgressing: true, ApplicationConditions.Terminating,
            "The Application is being deleted."),
        _ => throw new InvalidOperationException($"No rule for {observation}."),
    };

    // As `kubectl rollout status` judges, with one addition: a Deployment whose status names no observedGeneration was reported on by
    // something simpler than Kubernetes' Deployment controller, and its available replicas are taken at their word.
    private static Verdict JudgeDeployment(V1Deployment deployment, int replicas)
    {
        var status = deployment.Status;
        var available = status?.AvailableReplicas ?? 0;
        var progress = $"{available} of {replicas} replicas are available.";

        if (deployment.Metadata.DeletionTimestamp is not null)
        {
            return Verdict.OnItsWay(ApplicationConditions.Updating, $"The Deployment is being deleted and will be created again. {progress}", available);
        }

        if (status?.Conditions?.FirstOrDefault(c => c.Type == "Progressing" && c.Reason == ApplicationConditions.ProgressDeadlineExceeded) is { } stuck)
        {
            return Verdict.Blocked(ApplicationConditions.ProgressDeadlineExceeded, $"{progress} {stuck.Message}", available);
        }

        if (status?.ObservedGeneration is not { } observed)
        {
            return available >= replicas ? Verdict.Ready(progress, available)
                : available == 0 ? Verdict.OnItsWay(ApplicationConditions.Creating, $"The Deployment was created. {progress}", available)
                : Verdict.OnItsWay(ApplicationConditions.DeploymentProgressing, progress, available);
        }

        if (observed < deployment.Metadata.Generation)
        {
            return Verdict.OnItsWay(ApplicationConditions.Updating, $"The Deployment was changed and its controller has not seen it yet. {progress}", available);
        }

        var updated = status.UpdatedReplicas ?? 0;
        if (updated < replicas)
        {
            return Verdict.OnItsWay(ApplicationConditions.Updating, $"{updated} of {replicas} replicas are up to date. {progress}", available);
        }

        if (status.Replicas > updated)
        {
            return Verdict.OnItsWay(ApplicationConditions.Updating, $"{status.Replicas - updated} old replicas are still there. {progress}", available);
        }

        return available < replicas
            ? Verdict.OnItsWay(ApplicationConditions.DeploymentProgressing, progress, available)
            : Verdict.Ready(progress, available);
    }

    private static List<V1Condition> Conditions(Verdict verdict, ConditionSet conditions)
    {
        var message = verdict.Message.Length <= MaxMessageLength ? verdict.Message : verdict.Message[..MaxMessageLength];
        conditions.Set(ApplicationConditions.Ready, verdict.IsReady, verdict.Reason, message);
        conditions.Set(ApplicationConditions.Progressing, verdict.IsProgressing, verdict.Reason, message);
        if (verdict.Phase == ApplicationPhase.Failed)
        {
            conditions.Set(ApplicationConditions.Degraded, true, verdict.Reason, message);
        }
        else
        {
            conditions.Set(ApplicationConditions.Degraded, false, ApplicationConditions.AsExpected, "");
        }

        return [.. conditions.ToList()];
    }

    // Kubernetes keeps whole seconds.
    private static DateTime NowInSeconds(TimeProvider timeProvider)
    {
        var now = timeProvider.GetUtcNow().UtcDateTime;
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
    }

    private sealed record Verdict(
        ApplicationPhase Phase, int AvailableReplicas, bool IsReady, bool IsProgressing, string Reason, string Message)
    {
        public static Verdict Ready(string message, int available) =>
            new(ApplicationPhase.Running, available, IsReady: true, IsProgressing: false, ApplicationConditions.DeploymentReady, message);

        public static Verdict OnItsWay(string reason, string message, int available) =>
            new(ApplicationPhase.Pending, available, IsReady: false, IsProgressing: true, reason, message);

        public static Verdict Blocked(string reason, string message, int available) =>
            new(ApplicationPhase.Failed, available, IsReady: false, IsProgressing: false, reason, message);
    }
}
