using CrMonitor.Tests;

namespace CrMonitor.ApiServer.Tests;

public sealed class KubectlWorkloadTests : KubectlTest
{
    [Fact]
    public async Task Rollout_status_returns_when_all_replicas_are_available()
    {
        await Kubectl.ApplyAsync(Web);

        Assert.EndsWith("deployment \"web\" successfully rolled out\n", await RolledOutAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollout_status_fails_when_the_deadline_has_passed()
    {
        await Kubectl.ApplyAsync(Web.Replace("nginx:1", "fail", StringComparison.Ordinal).Replace(
            "  replicas: 2", "  progressDeadlineSeconds: 1", StringComparison.Ordinal));

        var (exitCode, _, error) = await Kubectl.TryRunAsync(null, "rollout", "status", "deployment/web", "--timeout=60s");

        Assert.Equal(1, exitCode);
        Assert.Equal("error: deployment \"web\" exceeded its progress deadline\n", error);
        Assert.Matches(@"web-\S+ +0/1 +ImagePullBackOff +0 +\d+s\n", await Kubectl.RunAsync("get", "pods"));
    }

    [Fact]
    public async Task Get_all_shows_pods_services_deployments_and_replica_sets()
    {
        await RollOutWebAsync();

        var output = await Kubectl.RunAsync("get", "all", "-o", "wide");

        Assert.Matches(@"NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\n", output);
        Assert.Matches(@"pod/web-\S+ +1/1 +Running +0 +\d+s +10\.1\.0\.\d +crmonitor +<none> +<none>\n", output);
        Assert.Matches(
            @"NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE +SELECTOR\nservice/web +ClusterIP +\S+ +<none> +80/TCP +\d+s +app=web\n", output);
        Assert.Matches(
            @"NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\ndeployment.apps/web +2/2 +2 +2 +\d+s +c +nginx:1 +app=web\n",
            output);
        Assert.Matches(
            @"NAME +DESIRED +CURRENT +READY +AGE +CONTAINERS +IMAGES +SELECTOR\nreplicaset.apps/web-\S+ +2 +2 +2 +\d+s +c +nginx:1 +app=web,pod-template-hash=\S+\n", output);
    }

    [Fact]
    public async Task Describe_deployment_names_its_replica_set_and_conditions()
    {
        await RollOutWebAsync();

        var output = await Kubectl.RunAsync("describe", "deployment", "web");

        Assert.Matches(@"Annotations: +deployment.kubernetes.io/revision: 1\n", output);
        Assert.Contains("2 desired | 2 updated | 2 total | 2 available | 0 unavailable\n", output, StringComparison.Ordinal);
        Assert.Matches(@"Available +True +MinimumReplicasAvailable\n", output);
        Assert.Matches(@"Progressing +True +NewReplicaSetAvailable\n", output);
        Assert.Matches(@"NewReplicaSet: +web-\S+ \(2/2 replicas created\)\n", output);
    }

    [Fact]
    public async Task Describe_pod_shows_its_node_owner_containers_and_conditions()
    {
        await RollOutWebAsync();

        var output = await Kubectl.RunAsync("describe", "pod");

        Assert.Matches(@"Node: +crmonitor/10\.0\.0\.1\n", output);
        Assert.Matches(@"Controlled By: +ReplicaSet/web-\S+\n", output);
        Assert.Matches(@"State: +Running\n", output);
        Assert.Matches(@"ContainersReady +True *\n", output);
    }

    [Fact]
    public async Task Scale_deployment_changes_the_number_of_pods()
    {
        await RollOutWebAsync();

        await Kubectl.RunAsync("scale", "deployment", "web", "--replicas=4", "--current-replicas=2");
        await RolledOutAsync();

        Assert.Equal(4, (await Kubectl.RunAsync("get", "pods", "-o", "name")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Rollout_history_and_undo_know_the_former_revisions()
    {
        await RollOutWebAsync();
        var first = await Kubectl.RunAsync("get", "replicasets", "-o", "name");
        await Kubectl.RunAsync("set", "image", "deployment/web", "c=nginx:2");
        await RolledOutAsync();

        Assert.Equal(
            "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n",
            await Kubectl.RunAsync("rollout", "history", "deployment/web"));
        Assert.Matches(@"Image:\s+nginx:1\n", await Kubectl.RunAsync("rollout", "history", "deployment/web", "--revision=1"));

        await Kubectl.RunAsync("rollout", "undo", "deployment/web");
        await RolledOutAsync();

        Assert.Equal(
            "deployment.apps/web \nREVISION  CHANGE-CAUSE\n2         <none>\n3         <none>\n\n",
            await Kubectl.RunAsync("rollout", "history", "deployment/web"));
        Assert.Equal("2", await Kubectl.RunAsync("get", first.Trim(), "-o", "jsonpath={.status.readyReplicas}"));
    }

    [Fact]
    public async Task Rollout_pause_resume_and_restart_hold_and_start_rollouts()
    {
        await RollOutWebAsync();

        await Kubectl.RunAsync("rollout", "pause", "deployment/web");
        await Kubectl.RunAsync("set", "image", "deployment/web", "c=nginx:2");
        await Kubectl.RunAsync(
            "wait", "deployment/web", "--for=jsonpath={.status.conditions[?(@.type==\"Progressing\")].reason}=DeploymentPaused", "--timeout=60s");
        Assert.Single((await Kubectl.RunAsync("get", "replicasets", "-o", "name")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await Kubectl.RunAsync("rollout", "resume", "deployment/web");
        await RolledOutAsync();
        await Kubectl.RunAsync("rollout", "restart", "deployment/web");
        await RolledOutAsync();

        Assert.Equal(
            "3", await Kubectl.RunAsync("get", "deployment", "web", "-o", @"jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}"));
    }

    [Fact]
    public async Task Delete_in_the_foreground_waits_for_replica_sets_and_pods()
    {
        await RollOutWebAsync();

        await Kubectl.RunAsync("delete", "deployment", "web", "--cascade=foreground", "--timeout=60s");

        Assert.Equal("", await Kubectl.RunAsync("get", "deployments,replicasets,pods", "-o", "name"));
    }

    [Fact]
    public async Task Delete_that_orphans_leaves_the_replica_set_and_its_pods()
    {
        await RollOutWebAsync();

        await Kubectl.RunAsync("delete", "deployment", "web", "--cascade=orphan", "--timeout=60s");

        Assert.Matches(
            @"^replicaset.apps/web-\S+\npod/web-\S+\npod/web-\S+\n$", await Kubectl.RunAsync("get", "deployments,replicasets,pods", "-o", "name"));
        Assert.Equal("", await Kubectl.RunAsync("get", "replicasets", "-o", "jsonpath={.items[0].metadata.ownerReferences}"));
    }

    [Fact]
    public async Task Delete_in_the_background_takes_replica_sets_and_pods_along()
    {
        await RollOutWebAsync();

        await Kubectl.RunAsync("delete", "deployment", "web", "--timeout=60s");

        await Eventually.TrueAsync(async () => await Kubectl.RunAsync("get", "replicasets,pods", "-o", "name") == "", "all are gone");
    }

    [Fact]
    public async Task Wait_for_deletion_and_readiness_of_pods_returns()
    {
        await RollOutWebAsync();

        Assert.Contains(
            "condition met",
            await Kubectl.RunAsync("wait", "--for=condition=Ready", "pod", "-l", "app=web", "--timeout=60s"),
            StringComparison.Ordinal);
        Assert.Contains(
            "condition met",
            await Kubectl.RunAsync("wait", "--for=condition=Available", "deployment/web", "--timeout=60s"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_of_a_deployment_that_was_applied_shows_nothing()
    {
        await RollOutWebAsync();

        Assert.Equal("", await SendAsync(Web, "diff"));
        Assert.Equal("deployment.apps/web unchanged\nservice/web unchanged\n", await SendAsync(Web, "apply"));
    }
}
