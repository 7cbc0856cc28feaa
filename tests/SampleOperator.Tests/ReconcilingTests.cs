using System.Net;
using System.Text.Json.Nodes;
using CrMonitor.Tests;

namespace CrMonitor.SampleOperator.Tests;

[Collection(InProcess.Name)]
public sealed class ReconcilingTests : IAsyncLifetime
{
    private OperatorUnderTest _operator = null!;

    private ClusterClient Cluster => _operator.Cluster;

    public async ValueTask InitializeAsync() => _operator = await OperatorUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _operator.DisposeAsync();

    [Fact]
    public async Task A_new_Application_gets_its_finalizer_then_its_Deployment_and_becomes_Ready()
    {
        await Cluster.CreateApplicationAsync("web", replicas: 3);
        await Cluster.WaitForReadyAsync("web");

        var application = (await Cluster.GetApplicationAsync("web"))!;
        Assert.Equal(["application.example.com/finalizer"], application["metadata"]!["finalizers"]!.AsArray().Select(f => (string?)f));
        Assert.Equal("Running", (string?)application["status"]!["phase"]);
        Assert.Equal(3, (int?)application["status"]!["availableReplicas"]);
        Assert.Equal(1, (int?)application["status"]!["observedGeneration"]);
        Assert.NotNull(application["status"]!["lastUpdated"]);

        var deployment = (await Cluster.GetDeploymentAsync("web-deployment"))!;
        Assert.Equal(3, (int?)deployment["spec"]!["replicas"]);
        Assert.Equal("nginx:1.27", (string?)deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]);

        Assert.Equal(
            [$"PATCH {ClusterClient.ApplicationPath("web")}", $"PATCH {ClusterClient.DeploymentPath("web-deployment")}"],
            _operator.Requests.Writes.Where(
                write => !write.Contains("/status", StringComparison.Ordinal) && !write.Contains("definitions", StringComparison.Ordinal)));
        await Eventually.TrueAsync(
            async () =>
                (await Cluster.EventsAsync("web")).Contains("Normal Created: Created Deployment web-deployment: image nginx:1.27, 3 replicas."),
            "the creation is an event");
    }

    [Fact]
    public async Task After_convergence_nothing_is_written_and_nothing_reconciled()
    {
        await Cluster.CreateApplicationAsync("web", replicas: 3);
        await Cluster.WaitForReadyAsync("web");

        // The run that wrote the last status is counted when it ends, a moment after the server shows it: settled is when several looks see the same.
        var now = await CountAsync();
        var same = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                var before = now;
                now = await CountAsync();
                same = now == before ? same + 1 : 0;
                return same == 5;
            },
            "the operator is idle");
        var versions = await VersionsAsync();
        var writes = WritesTo("web");

        // A full life of another Application is time enough for a write or a run that should not be.
        await Cluster.CreateApplicationAsync("other");
        await Cluster.WaitForReadyAsync("other");

        Assert.Equal(versions, await VersionsAsync());
        Assert.Equal(writes, WritesTo("web"));

        int WritesTo(string name) => _operator.Requests.Writes.Count(write => write.Contains($"/{name}", StringComparison.Ordinal));

        async Task<(int Writes, double? Reconciles)> CountAsync() =>
            (_operator.Requests.Writes.Count, (await _operator.ScrapeAsync()).Value("application_controller_reconcile_total"));

        async Task<string> VersionsAsync() =>
            $"{(await Cluster.GetApplicationAsync("web"))!["metadata"]!["resourceVersion"]} {(await Cluster.GetDeploymentAsync("web-deployment"))!["metadata"]!["resourceVersion"]}";
    }

    [Fact]
    public async Task A_change_of_the_spec_reaches_the_Deployment_and_transition_times_follow_the_status()
    {
        await Cluster.CreateApplicationAsync("web", replicas: 2, ports: "[80, 443]");
        await Cluster.WaitForReadyAsync("web");
        var degradedSince = (string?)ClusterClient.Condition(await Cluster.GetApplicationAsync("web"), "Degraded")!["lastTransitionTime"];

        await Cluster.PatchAsync(ClusterClient.ApplicationPath("web"), """{ "spec": { "replicas": 5, "image": "nginx:1.28", "ports": [443] } }""");
        await Eventually.TrueAsync(async () => await AvailableAsync("web") == 5, "five replicas are available");
        await Cluster.WaitForReadyAsync("web");

        var container = (await Cluster.GetDeploymentAsync("web-deployment"))!["spec"]!["template"]!["spec"]!["containers"]![0]!;
        Assert.Equal("nginx:1.28", (string?)container["image"]);
        Assert.Equal([443], container["ports"]!.AsArray().Select(port => (int?)port!["containerPort"]));
        Assert.Equal(degradedSince, (string?)ClusterClient.Condition(await Cluster.GetApplicationAsync("web"), "Degraded")!["lastTransitionTime"]);

        await Cluster.PatchAsync(ClusterClient.ApplicationPath("web"), """{ "spec": { "replicas": 1 } }""");
        await Eventually.TrueAsync(
            async () => (await Cluster.EventsAsync("web")).Contains("Normal Scaled: Scaled Deployment web-deployment from 5 to 1 replicas."),
            "the scaling is an event");
    }

    [Fact]
    public async Task Drift_in_image_replicas_ports_and_labels_is_repaired_and_fields_of_others_stay()
    {
        await Cluster.CreateApplicationAsync("web", replicas: 2);
        await Cluster.WaitForReadyAsync("web");

        await Cluster.PatchAsync(ClusterClient.DeploymentPath("web-deployment"), """
            [
              { "op": "replace", "path": "/spec/replicas", "value": 7 },
              { "op": "replace", "path": "/metadata/labels/app", "value": "other" },
              { "op": "add", "path": "/metadata/labels/team", "value": "shop" },
              { "op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "nginx:latest" },
              { "op": "replace", "path": "/spec/template/spec/containers/0/ports/0/containerPort", "value": 9999 },
              { "op": "add", "path": "/spec/template/spec/containers/0/env", "value": [ { "name": "COLOR", "value": "blue" } ] },
              { "op": "add", "path": "/spec/template/spec/containers/-", "value": { "name": "sidecar", "image": "proxy:1" } }
            ]
            """, "application/json-patch+json");

        await Eventually.TrueAsync(
            async () =>
            {
                var spec = (await Cluster.GetDeploymentAsync("web-deployment"))!["spec"]!;
                var container = spec["template"]!["spec"]!["containers"]![0]!;
                return (int?)spec["replicas"] == 2
                    && (string?)container["image"] == "nginx:1.27"
                    && container["ports"]!.AsArray().Select(port => (int?)port!["containerPort"]).SequenceEqual([80]);
            },
            "the drift is repaired");

        var deployment = (await Cluster.GetDeploymentAsync("web-deployment"))!;
        Assert.Equal("web", (string?)deployment["metadata"]!["labels"]!["app"]);
        Assert.Equal("shop", (string?)deployment["metadata"]!["labels"]!["team"]);
        var containers = deployment["spec"]!["template"]!["spec"]!["containers"]!.AsArray();
        Assert.Equal(["app-container", "sidecar"], containers.Select(container => (string?)container!["name"]));
        Assert.Equal("blue", (string?)containers[0]!["env"]![0]!["value"]);
        await Cluster.WaitForReadyAsync("web");
        await Eventually.TrueAsync(
            async () =>
                (await Cluster.EventsAsync("web")).Any(
                    e => e.StartsWith("Normal Repaired: Repaired Deployment web-deployment: ", StringComparison.Ordinal)),
            "the repair is an event");
    }

    [Fact]
    public async Task A_Deployment_that_is_deleted_by_hand_comes_back()
    {
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web");
        var uid = (string?)(await Cluster.GetDeploymentAsync("web-deployment"))!["metadata"]!["uid"];

        await Cluster.DeleteAsync(ClusterClient.DeploymentPath("web-deployment"));

        await Eventually.TrueAsync(
            async () => (string?)(await Cluster.GetDeploymentAsync("web-deployment"))?["metadata"]!["uid"] is { } now
                && now != uid, "there is a new Deployment");
        await Cluster.WaitForReadyAsync("web");
    }

    [Fact]
    public async Task A_Deployment_of_somebody_else_is_not_touched_and_the_Application_heals_when_it_goes()
    {
        await Cluster.CreateDeploymentAsync("web-deployment");
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web", "False/DeploymentConflict");

        var application = await Cluster.GetApplicationAsync("web");
        Assert.Equal("Failed", (string?)application!["status"]!["phase"]);
        Assert.Equal("True/DeploymentConflict", await Cluster.ConditionAsync("web", "Degraded"));
        Assert.Contains("Delete it", (string?)ClusterClient.Condition(application, "Ready")!["message"], StringComparison.Ordinal);
        Assert.DoesNotContain(_operator.Requests.Writes, write => write.Contains("/deployments", StringComparison.Ordinal));
        var theirs = (await Cluster.GetDeploymentAsync("web-deployment"))!;
        Assert.Equal("theirs:1", (string?)theirs["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]);
        Assert.Null(theirs["metadata"]!["ownerReferences"]);

        await Cluster.DeleteAsync(ClusterClient.DeploymentPath("web-deployment"));

        await Cluster.WaitForReadyAsync("web");
    }

    [Fact]
    public async Task Deleting_an_Application_leaves_a_Deployment_of_somebody_else_alone()
    {
        await Cluster.CreateDeploymentAsync("web-deployment");
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web", "False/DeploymentConflict");

        await Cluster.DeleteAsync(ClusterClient.ApplicationPath("web"));

        await Cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath("web"));
        Assert.NotNull(await Cluster.GetDeploymentAsync("web-deployment"));
    }

    [Fact]
    public async Task A_name_that_is_too_long_is_InvalidSpec_and_not_tried_again()
    {
        var name = new string('a', 245);
        await Cluster.CreateApplicationAsync(name);
        await Cluster.WaitForReadyAsync(name, "False/InvalidSpec");

        Assert.Contains(
            "shorter name", (string?)ClusterClient.Condition(await Cluster.GetApplicationAsync(name), "Ready")!["message"], StringComparison.Ordinal);
        Assert.DoesNotContain(_operator.Requests.Writes, write => write.Contains("/deployments", StringComparison.Ordinal));

        await AssertNothingIsDueAsync();

        await Cluster.DeleteAsync(ClusterClient.ApplicationPath(name));
        await Cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath(name));
    }

    [Fact]
    public async Task What_the_server_calls_invalid_is_InvalidSpec_and_not_tried_again()
    {
        using var refused = _operator.Server.Faults.Respond(
            HttpStatusCode.UnprocessableEntity, request => request is { Verb: "patch", Resource: "deployments" }, message: "spec.template: Invalid value");
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web", "False/InvalidSpec");

        await AssertNothingIsDueAsync();
        Assert.InRange(refused.HitCount, 1, 2);
        refused.Dispose();

        await Cluster.PatchAsync(ClusterClient.ApplicationPath("web"), """{ "spec": { "image": "nginx:1.28" } }""");
        await Cluster.WaitForReadyAsync("web");
    }

    [Fact]
    public async Task A_failure_is_a_ReconcileError_that_is_retried_until_it_is_gone()
    {
        using var broken = _operator.Server.Faults.Respond(
            HttpStatusCode.Forbidden, request => request is { Verb: "patch", Resource: "deployments" }, message: "quota exceeded");
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web", "False/ReconcileError");

        Assert.Contains(
            "quota exceeded",
            (string?)ClusterClient.Condition(await Cluster.GetApplicationAsync("web"), "Ready")!["message"],
            StringComparison.Ordinal);
        await Eventually.TrueAsync(
            async () => (await _operator.ScrapeAsync()).Value("application_controller_reconcile_errors_total") > 0, "the failure is counted");
        await Eventually.TrueAsync(
            async () => (await Cluster.EventsAsync("web")).Any(e => e.StartsWith("Warning Failed: ", StringComparison.Ordinal)), "the failure is an event");
        broken.Dispose();

        await Cluster.WaitForReadyAsync("web");
    }

    [Fact]
    public async Task A_conflict_on_a_write_is_retried_quietly()
    {
        using var conflict = _operator.Server.Faults.Respond(
            HttpStatusCode.Conflict, request => request is { Verb: "patch", Resource: "applications", Subresource: "status" }, times: 3);
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web");

        Assert.Equal(3, conflict.HitCount);
        Assert.Equal(0, (await _operator.ScrapeAsync()).Value("application_controller_reconcile_errors_total"));
        Assert.DoesNotContain(await Cluster.EventsAsync("web"), e => e.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_Application_that_is_deleted_takes_its_Deployment_with_it()
    {
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web");

        await Cluster.DeleteAsync(ClusterClient.ApplicationPath("web"));

        await Cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath("web"));
        await Cluster.WaitUntilGoneAsync(ClusterClient.DeploymentPath("web-deployment"));
    }

    [Fact]
    public async Task The_finalizer_stays_and_the_phase_is_Terminating_until_the_clean_up_succeeds()
    {
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web");
        using var broken = _operator.Server.Faults.Respond(
            HttpStatusCode.Forbidden, request => request is { Verb: "delete", Resource: "deployments" });

        await Cluster.DeleteAsync(ClusterClient.ApplicationPath("web"));
        await Eventually.TrueAsync(() => broken.HitCount > 1, "the clean-up is retried");

        var application = (await Cluster.GetApplicationAsync("web"))!;
        Assert.Equal("Terminating", (string?)application["status"]!["phase"]);
        Assert.Contains("application.example.com/finalizer", application["metadata"]!["finalizers"]!.AsArray().Select(f => (string?)f));
        await Eventually.TrueAsync(
            async () => (await _operator.ScrapeAsync()).Value("application_phase", ("name", "web"), ("phase", "Terminating")) == 1,
            "the phase is counted as Terminating");
        broken.Dispose();

        await Cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath("web"));
    }

    [Fact]
    public async Task An_Application_that_is_deleted_while_its_Deployment_is_being_created_leaves_none_behind()
    {
        using var slow = _operator.Server.Faults.Delay(
            TimeSpan.FromMilliseconds(300), request => request is { Verb: "patch", Resource: "deployments" });
        await Cluster.CreateApplicationAsync("web");
        await Eventually.TrueAsync(() => slow.HitCount > 0, "the Deployment is being created");

        await Cluster.DeleteAsync(ClusterClient.ApplicationPath("web"));

        await Cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath("web"));
        await Cluster.WaitUntilGoneAsync(ClusterClient.DeploymentPath("web-deployment"));
    }

    [Fact]
    public async Task Orphaning_keeps_the_Deployment()
    {
        await Cluster.CreateApplicationAsync("web");
        await Cluster.WaitForReadyAsync("web");

        await Cluster.DeleteAsync(ClusterClient.ApplicationPath("web") + "?propagationPolicy=Orphan");

        await Cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath("web"));
        var deployment = (await Cluster.GetDeploymentAsync("web-deployment"))!;
        Assert.True(deployment["metadata"]!["ownerReferences"] is null or JsonArray { Count: 0 }, deployment.ToJsonString());
    }

    private async Task<int?> AvailableAsync(string name) => (int?)(await Cluster.GetApplicationAsync(name))!["status"]?["availableReplicas"];

    /// <summary>No run is under way, none is queued, and none was ever put off to a later time.</summary>
    private async Task AssertNothingIsDueAsync()
    {
        await Eventually.TrueAsync(
            async () =>
                await _operator.ScrapeAsync() is var metrics && metrics.Sum("workqueue_depth") == 0
                    && metrics.Value("workqueue_unfinished_work_seconds") == 0,
            "the queue is empty");
        Assert.Equal(0, (await _operator.ScrapeAsync()).Value("workqueue_retries_total"));
    }
}
