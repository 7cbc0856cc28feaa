using System.Net;
using System.Text.Json.Nodes;
using CrMonitor.Controllers;
using CrMonitor.Informers;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator;

/// <summary>Keeps a Deployment for every Application, and every Application's status true.</summary>
/// <remarks>
/// Each pass looks at the whole: finalizer, Deployment, status. Where all are as they should be it writes nothing.
/// Reads come from the cache but for two: before a Deployment is created and before one is deleted, the server is asked, because acting on an old
/// picture would there mean to take over or to leave behind a Deployment.
/// </remarks>
internal sealed partial class ApplicationReconciler : IReconciler<Application>
{
    /// <summary>How often a Deployment of somebody else is looked at again. Its changes are seen at once; this is for what they do not tell.</summary>
    public static readonly TimeSpan ConflictRetry = TimeSpan.FromSeconds(30);

    private const string OrphanFinalizer = "orphan";

    private readonly ILister<V1Deployment> _deployments;
    private readonly IKubeClient _client;
    private readonly IEventRecorder _events;
    private readonly OperatorMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<ApplicationReconciler> _logger;
    private readonly FinalizerSet<Application> _finalizers;

    public ApplicationReconciler(
        ILister<V1Deployment> deployments, IKubeClient client, IEventRecorder events, OperatorMetrics metrics, TimeProvider timeProvider,
        ILogger<ApplicationReconciler> logger)
    {
        (_deployments, _client, _events, _metrics, _timeProvider, _logger) = (deployments, client, events, metrics, timeProvider, logger);
        _finalizers = new FinalizerSet<Application>().Add(Application.Finalizer, CleanUpAsync);
    }

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Application> context, CancellationToken cancellationToken)
    {
        var start = _metrics.Start();
        var failed = false;
        try
        {
            var result = await RunAsync(context, cancellationToken);
            failed = result.Kind == ReconcileResultKind.Terminal;
            return result;
        }
        catch (KubeApiException exception) when (exception.IsNotFound)
        {
            // It may have gone between the cache's picture and a write: then there is nothing left to do for it.
            if (await _client.Live.GetAsync<Application>(context.Key, cancellationToken) is null)
            {
                return ReconcileResult.Done;
            }

            failed = true;
            await ReportFailureAsync(context, exception, cancellationToken);
            throw;
        }
        catch (Exception exception) when (!IsQuiet(exception, cancellationToken))
        {
            failed = true;
            await ReportFailureAsync(context, exception, cancellationToken);
            throw;
        }
        finally
        {
            _metrics.RecordReconcile(start, failed);
        }
    }

    // A write that met a newer version, and the end of the process, say nothing about the Application.
    private static bool IsQuiet(Exception exception, CancellationToken cancellationToken) =>
        exception is KubeApiException { IsConflict: true } || cancellationToken.IsCancellationRequested;

    private async Task<ReconcileResult> RunAsync(ReconcileContext<Application> context, CancellationToken cancellationToken)
    {
        if (context.Object is { Metadata: { DeletionTimestamp: not null } metadata } && metadata.Finalizers?.Contains(Application.Finalizer) == true)
        {
            await WriteStatusAsync(context, new Observation.Terminating(), cancellationToken);
        }

        if (await _finalizers.RunAsync(context, cancellationToken))
        {
            return ReconcileResult.Done;
        }

        var application = context.Object!;
        var key = DesiredDeployment.KeyFor(context.Key);
        var deployment = _deployments.Get(key);
        if (ApplicationValidation.Problem(application) is { } problem)
        {
            return await RefuseAsync(context, problem, Own(deployment, application), cancellationToken);
        }

        // Where the cache shows none, there may still be one that it has not heard of: ours of a moment ago, or somebody's.
        deployment ??= await _client.Live.GetAsync<V1Deployment>(key, cancellationToken);
        if (deployment is not null && !OwnerReferences.IsControlledBy(deployment, application))
        {
            var message = $"Deployment {key} exists and {DescribeOwner(deployment)}. Delete it, or create this Application under another name.";
            if (await WriteStatusAsync(context, new Observation.Blocked(ApplicationConditions.DeploymentConflict, message), cancellationToken))
            {
                _events.Record(application, EventType.Warning, ApplicationConditions.DeploymentConflict, "ReconcileDeployment", message);
            }

            return ReconcileResult.After(ConflictRetry);
        }

        try
        {
            deployment = await BringAboutAsync(application, deployment, cancellationToken);
        }
        catch (KubeApiException exception) when (exception.StatusCode == HttpStatusCode.UnprocessableEntity)
        {
            return await RefuseAsync(context, exception.Message, deployment, cancellationToken);
        }

        await WriteStatusAsync(context, new Observation.Deployed(deployment), cancellationToken);
        return ReconcileResult.Done;
    }

    /// <summary>Creates the Deployment, or sets what differs from what the Application asks for.</summary>
    /// <returns>The Deployment as it is now.</returns>
    private async Task<V1Deployment> BringAboutAsync(Application application, V1Deployment? current, CancellationToken cancellationToken)
    {
        var desired = DesiredDeployment.For(application);
        var name = desired.Metadata.Name;
        if (current is null)
        {
            // Not forced: should somebody have created one of this name just now, the server refuses instead of handing it over.
            var created = await _client.ApplyAsync(desired, new ApplyOptions { Force = false }, cancellationToken);
            Announce(application, "Created", "CreateDeployment",
                $"Created Deployment {name}: image {application.Spec.Image}, {application.Spec.Replicas} replicas.");
            return created;
        }

        // What is on its way out cannot be repaired; its end is the next reason to look.
        var drift = DeploymentDrift.Between(current, desired);
        if (drift.IsNone || current.Metadata.DeletionTimestamp is not null)
        {
            return current;
        }

        // The uid makes sure that it is this Deployment which is written, not a later one of the same name.
        desired.Metadata.Uid = current.Metadata.Uid;
        var updated = await _client.ApplyAsync(desired, cancellationToken: cancellationToken);

        // Applying takes away only what this operator has set. A port that somebody else put into our container is not left to them.
        if (drift.ExtraPorts && DeploymentDrift.Between(updated, desired).ExtraPorts)
        {
            updated = await ReplacePortsAsync(updated, desired, cancellationToken);
        }

        var what = string.Join(", ", drift.Differences);
        if (application.Status?.ObservedGeneration == application.Metadata.Generation)
        {
            Announce(application, "Repaired", "UpdateDeployment", $"Repaired Deployment {name}: {what}.");
        }
        else if (drift is { IsScalingOnly: true, Scaling: var (from, to) })
        {
            Announce(application, "Scaled", "ScaleDeployment", $"Scaled Deployment {name} from {from} to {to} replicas.");
        }
        else
        {
            Announce(application, "Updated", "UpdateDeployment", $"Updated Deployment {name}: {what}.");
        }

        return updated;
    }

    private Task<V1Deployment> ReplacePortsAsync(V1Deployment current, V1Deployment desired, CancellationToken cancellationToken)
    {
        var containers = current.Spec.Template.Spec.Containers;
        var index = containers.IndexOf(containers.First(container => container.Name == DesiredDeployment.ContainerName));
        var ports = (desired.Spec.Template.Spec.Containers[0].Ports ?? [])
            .Select(port => new JsonObject { ["containerPort"] = port.ContainerPort, ["protocol"] = port.Protocol });
        var patch = new JsonArray(
            Operation("/metadata/resourceVersion", current.Metadata.ResourceVersion),
            Operation($"/spec/template/spec/containers/{index}/ports", new JsonArray([.. ports])));
        return _client.PatchAsync<V1Deployment>(ObjectKey.Of(current), KubePatch.Json(patch), cancellationToken: cancellationToken);

        static JsonObject Operation(string path, JsonNode value) => new() { ["op"] = "replace", ["path"] = path, ["value"] = value };
    }

    /// <summary>What must happen before an Application may go: its Deployment is deleted, also one that the cache does not show yet.</summary>
    private async ValueTask CleanUpAsync(Application application, CancellationToken cancellationToken)
    {
        // `kubectl delete --cascade=orphan` asks for the Application alone to go.
        if (application.Metadata.Finalizers.Contains(OrphanFinalizer))
        {
            return;
        }

        var key = DesiredDeployment.KeyFor(ObjectKey.Of(application));
        var deployment = await _client.Live.GetAsync<V1Deployment>(key, cancellationToken);
        if (deployment is null || deployment.Metadata.DeletionTimestamp is not null || !OwnerReferences.IsControlledBy(deployment, application))
        {
            return;
        }

        var options = new DeleteOptions { Uid = deployment.Metadata.Uid, Propagation = DeletePropagation.Background };
        if (await _client.DeleteAsync<V1Deployment>(key, options, cancellationToken))
        {
            Announce(application, "Deleted", "DeleteDeployment", $"Deleted Deployment {key.Name}.");
        }
    }

    /// <summary>Says that only another spec (or name) can help. No retry follows; the next change of the Application is the next attempt.</summary>
    private async Task<ReconcileResult> RefuseAsync(
        ReconcileContext<Application> context, string problem, V1Deployment? deployment, CancellationToken cancellationToken)
    {
        if (await WriteStatusAsync(context, new Observation.Blocked(ApplicationConditions.InvalidSpec, problem, deployment), cancellationToken))
        {
            _events.Record(context.Object!, EventType.Warning, ApplicationConditions.InvalidSpec, "ReconcileDeployment", problem);
        }

        return ReconcileResult.Terminal(problem);
    }

    // Never throws: the failure itself is what the caller has to tell.
    private async Task ReportFailureAsync(ReconcileContext<Application> context, Exception failure, CancellationToken cancellationToken)
    {
        // While the server cannot be reached there is nowhere to write to; readiness, metrics and the log tell it.
        if (failure is HttpRequestException or TimeoutException || context.Object is not { Metadata.DeletionTimestamp: null } application)
        {
            return;
        }

        try
        {
            var deployment = Own(_deployments.Get(DesiredDeployment.KeyFor(context.Key)), application);
            var blocked = new Observation.Blocked(ApplicationConditions.ReconcileError, failure.Message, deployment);
            if (await WriteStatusAsync(context, blocked, cancellationToken))
            {
                _events.Record(application, EventType.Warning, "Failed", "ReconcileDeployment", failure.Message);
            }
        }
        catch (Exception exception)
        {
            LogStatusNotWritten(exception);
        }
    }

    /// <returns>Whether the status was other than it is now.</returns>
    private async Task<bool> WriteStatusAsync(ReconcileContext<Application> context, Observation observation, CancellationToken cancellationToken)
    {
        var status = ApplicationStatusBuilder.Build(context.Object!, observation, _timeProvider);
        if (!await context.PatchStatusAsync(status, cancellationToken: cancellationToken))
        {
            return false;
        }

        var ready = status.Conditions!.First(condition => condition.Type == ApplicationConditions.Ready);
        LogStatus(status.Phase, ready.Status, ready.Reason, ready.Message);
        return true;
    }

    private static V1Deployment? Own(V1Deployment? deployment, Application application) =>
        deployment is not null && OwnerReferences.IsControlledBy(deployment, application) ? deployment : null;

    private static string DescribeOwner(V1Deployment deployment) =>
        OwnerReferences.ControllerOf(deployment) is { } owner ? $"belongs to {owner.Kind} {owner.Name} (uid {owner.Uid})" : "belongs to nobody that this operator knows";

    private void Announce(Application application, string reason, string action, string note)
    {
        LogDone(note);
        _events.Record(application, EventType.Normal, reason, action, note);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Note}")]
    private partial void LogDone(string note);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Phase}, Ready {Ready} ({Reason}): {Detail}")]
    private partial void LogStatus(ApplicationPhase? phase, string ready, string reason, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The failure could not be written to the status; the next attempt will")]
    private partial void LogStatusNotWritten(Exception exception);
}
