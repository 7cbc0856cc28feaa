using System.Text.Json.Nodes;
using CrMonitor.ApiServer.BuiltInControllers;

namespace CrMonitor.ApiServer.Tests;

public sealed class BuiltInDeploymentTests : IAsyncDisposable
{
    private readonly ControllerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Replicas_become_available_one_after_the_other()
    {
        Create("web", 3);
        _bench.StartDeployments();

        await CountsAsync("3 replicas, 3 updated, 0 ready, 0 available, 3 unavailable");
        await PassAsync(starting: 3);
        await CountsAsync("3 replicas, 3 updated, 1 ready, 1 available, 2 unavailable");
        Assert.Equal(["Available=False MinimumReplicasUnavailable", "Progressing=True ReplicaSetUpdated"], Conditions());
        await PassAsync(starting: 2);
        await CountsAsync("3 replicas, 3 updated, 2 ready, 2 available, 1 unavailable");
        await PassAsync(starting: 1);
        await CountsAsync("3 replicas, 3 updated, 3 ready, 3 available, 0 unavailable");

        Assert.Equal(["Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable"], Conditions().Order());
        Assert.Equal("Deployment has minimum availability.", Message("Available"));
        Assert.Matches("^ReplicaSet \"web-[a-z0-9]+\" has successfully progressed\\.$", Message("Progressing"));
        Assert.Equal(1, (int?)Status()["observedGeneration"]);
    }

    [Fact]
    public async Task A_deployment_that_has_converged_is_written_no_more()
    {
        Create("web", 1);
        _bench.StartDeployments();
        await ReadyAsync(1);
        var version = (string?)Get()["metadata"]!["resourceVersion"];

        // A touch that needs no answer, and then one that shows that it was looked at.
        _bench.Change("apps/v1", "Deployment", "web", static obj => obj["metadata"]!["labels"] = new JsonObject { ["a"] = "1" });
        version = (string?)Get()["metadata"]!["resourceVersion"];
        _bench.Time.Advance(TimeSpan.FromHours(1));
        Create("other", 1);
        await _bench.UntilAsync(
            () => _bench.Get("apps/v1", "Deployment", "other")!["status"]?["replicas"] is not null, "the other deployment is looked at");

        Assert.Equal(version, (string?)Get()["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task Scaling_up_adds_replicas_that_become_ready_in_turn_and_scaling_down_removes_them_at_once()
    {
        Create("web", 1);
        _bench.StartDeployments();
        await ReadyAsync(1);

        Scale(3);
        await CountsAsync("3 replicas, 3 updated, 1 ready, 1 available, 2 unavailable");
        await ReadyAsync(3);
        Scale(2);
        await CountsAsync("2 replicas, 2 updated, 2 ready, 2 available, 0 unavailable");
        Scale(0);
        await CountsAsync("0 replicas, 0 updated, 0 ready, 0 available, 0 unavailable");

        Assert.Equal(4, (int?)Status()["observedGeneration"]);
        Assert.False(Status().ContainsKey("replicas"), "a status leaves zeros out");
    }

    [Fact]
    public async Task A_changed_template_rolls_out_within_surge_and_availability()
    {
        Create("web", 4);
        _bench.StartDeployments();
        await ReadyAsync(4);

        SetImage("nginx:2");
        await CountsAsync("5 replicas, 2 updated, 3 ready, 3 available, 2 unavailable");
        Assert.Contains("Available=True MinimumReplicasAvailable", Conditions());
        var (fewest, most) = (int.MaxValue, 0);
        await ReadyAsync(4, () =>
        {
            var pods = _bench.List("v1", "Pod");
            fewest = Math.Min(fewest, pods.Count(static pod => (string?)pod["status"]!["phase"] == "Running"));
            most = Math.Max(most, ReplicaSets().Sum(static set => (int)set["spec"]!["replicas"]!));
        });

        Assert.True(fewest >= 3, $"{fewest} pods were available; one of four may be missing");
        Assert.True(most <= 5, $"{most} pods were asked for; one of four may be surplus");
        Assert.Contains("Progressing=True NewReplicaSetAvailable", Conditions());
    }

    [Fact]
    public async Task The_strategy_Recreate_removes_all_old_replicas_first()
    {
        Create("web", 2, "\"strategy\":{\"type\":\"Recreate\"},");
        _bench.StartDeployments();
        await ReadyAsync(2);

        SetImage("nginx:2");

        await _bench.UntilAsync(() => Pods().Count == 2 && Pods().All(static pod => Image(pod) == "nginx:2"), "the new pods are there");
        await CountsAsync("2 replicas, 2 updated, 0 ready, 0 available, 2 unavailable");
        await ReadyAsync(2);
    }

    [Fact]
    public async Task An_image_with_fail_in_its_name_never_becomes_ready_and_the_deadline_is_reported()
    {
        Create("web", 2, "\"progressDeadlineSeconds\":60,", image: "registry/will-fail:1");
        _bench.StartDeployments();
        await CountsAsync("2 replicas, 2 updated, 0 ready, 0 available, 2 unavailable");

        await _bench.UntilAsync(() => Conditions().Contains("Progressing=True ReplicaSetUpdated"), "the rollout has begun");
        _bench.Time.Advance(TimeSpan.FromSeconds(60));
        await _bench.UntilAsync(() => Conditions().Contains("Progressing=False ProgressDeadlineExceeded"), "the deadline is reported");

        Assert.Equal("2 replicas, 2 updated, 0 ready, 0 available, 2 unavailable", Counts());
        Assert.Matches("^ReplicaSet \"web-[a-z0-9]+\" has timed out progressing\\.$", Message("Progressing"));
    }

    [Fact]
    public async Task A_good_image_heals_a_failed_rollout()
    {
        Create("web", 1, image: "fail");
        _bench.StartDeployments();
        await CountsAsync("1 replicas, 1 updated, 0 ready, 0 available, 1 unavailable");

        SetImage("nginx");

        await ReadyAsync(1);
    }

    [Fact]
    public async Task A_failing_image_keeps_the_old_replicas_that_must_stay()
    {
        Create("web", 4);
        _bench.StartDeployments();
        await ReadyAsync(4);

        SetImage("fail");

        await CountsAsync("5 replicas, 2 updated, 3 ready, 3 available, 2 unavailable");
    }

    [Fact]
    public async Task A_replica_counts_as_available_after_minReadySeconds()
    {
        Create("web", 1, "\"minReadySeconds\":10,");
        _bench.StartDeployments();
        await CountsAsync("1 replicas, 1 updated, 0 ready, 0 available, 1 unavailable");

        await PassAsync(starting: 1);
        await CountsAsync("1 replicas, 1 updated, 1 ready, 0 available, 1 unavailable");
        _bench.Time.Advance(TimeSpan.FromSeconds(10));
        await CountsAsync("1 replicas, 1 updated, 1 ready, 1 available, 0 unavailable");
    }

    [Fact]
    public async Task A_paused_deployment_scales_but_does_not_roll_out()
    {
        Create("web", 1);
        _bench.StartDeployments();
        await ReadyAsync(1);

        _bench.Change("apps/v1", "Deployment", "web", static obj =>
        {
            obj["spec"]!["paused"] = true;
            obj["spec"]!["replicas"] = 2;
            obj["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "fail";
        });
        await _bench.UntilAsync(() => Conditions().Contains("Progressing=Unknown DeploymentPaused"), "the pause is reported");
        await PassAsync(starting: 1);
        await CountsAsync("2 replicas, 0 updated, 2 ready, 2 available, 0 unavailable");

        Assert.Equal("Deployment is paused", Message("Progressing"));
        Assert.All(Pods(), static pod => Assert.Equal("nginx", Image(pod)));

        _bench.Change("apps/v1", "Deployment", "web", static obj => ((JsonObject)obj["spec"]!).Remove("paused"));
        await _bench.UntilAsync(() => Pods().Any(static pod => Image(pod) == "fail"), "the rollout goes on when the pause is over");
    }

    [Fact]
    public async Task A_status_that_is_there_already_is_taken_up()
    {
        Create("web", 2);
        _bench.StartDeployments();
        await ReadyAsync(2);
        var status = Status().ToJsonString();

        _bench.StartDeployments(); // a second one, as after a restart, knows the status alone
        Create("other", 1);
        await _bench.UntilAsync(
            () => _bench.Get("apps/v1", "Deployment", "other")!["status"]?["replicas"] is not null, "the other deployment is looked at");

        Assert.Equal(status, Status().ToJsonString());
    }

    [Fact]
    public async Task A_recreated_deployment_starts_anew()
    {
        Create("web", 1);
        _bench.StartDeployments();
        await ReadyAsync(1);

        _bench.Delete("apps/v1", "Deployment", "web");
        Create("web", 1);

        await _bench.UntilAsync(
            () => (int?)Status()["readyReplicas"] is null && (int?)Status()["updatedReplicas"] == 1, "it has a pod of its own that is not ready");
        await PassAsync(starting: 1);
        await CountsAsync("1 replicas, 1 updated, 1 ready, 1 available, 0 unavailable");
        Assert.Equal(1, (int?)Status()["collisionCount"]);
    }

    [Fact]
    public async Task A_deployment_owns_a_replica_set_that_is_named_by_the_hash_of_its_template_and_the_replica_set_owns_the_pods()
    {
        Create("web", 1);
        _bench.StartDeployments();
        await ReadyAsync(1);

        var set = Assert.Single(ReplicaSets());
        var pod = Assert.Single(Pods());
        var hash = (string)set["metadata"]!["labels"]!["pod-template-hash"]!;
        Assert.Equal($"web-{hash}", (string?)set["metadata"]!["name"]);
        Assert.StartsWith($"web-{hash}-", (string?)pod["metadata"]!["name"], StringComparison.Ordinal);
        Assert.Equal(hash, (string?)set["spec"]!["selector"]!["matchLabels"]!["pod-template-hash"]);
        Assert.Equal(hash, (string?)pod["metadata"]!["labels"]!["pod-template-hash"]);
        Assert.Equal(("1", "1"), (Revision(Get()), Revision(set)));
        Assert.Equal("1", (string?)set["metadata"]!["annotations"]!["deployment.kubernetes.io/desired-replicas"]);
        AssertControlledBy(Get(), set);
        AssertControlledBy(set, pod);
    }

    [Fact]
    public async Task A_pod_waits_for_its_containers_and_then_runs_on_a_node_with_an_address()
    {
        Create("web", 1);
        _bench.StartDeployments();
        await _bench.UntilAsync(() => Starting().Count == 1, "the pod is starting");

        var pod = Pods()[0];
        Assert.Equal("Pending", (string?)pod["status"]!["phase"]);
        Assert.Equal(
            ["PodReadyToStartContainers=True", "Initialized=True", "Ready=False", "ContainersReady=False", "PodScheduled=True"], PodConditions(pod));
        await ReadyAsync(1);

        pod = Pods()[0];
        Assert.Equal("Running", (string?)pod["status"]!["phase"]);
        Assert.Equal(
            ["PodReadyToStartContainers=True", "Initialized=True", "Ready=True", "ContainersReady=True", "PodScheduled=True"], PodConditions(pod));
        Assert.Equal("10.1.0.1", (string?)pod["status"]!["podIP"]);
        Assert.Equal("crmonitor", (string?)pod["spec"]!["nodeName"]);
        Assert.True((bool?)pod["status"]!["containerStatuses"]![0]!["ready"]);
        Assert.NotNull(pod["status"]!["containerStatuses"]![0]!["state"]!["running"]!["startedAt"]);
    }

    [Fact]
    public async Task A_pod_whose_image_cannot_be_pulled_backs_off()
    {
        Create("web", 1, image: "will-fail");
        _bench.StartDeployments();

        await _bench.UntilAsync(() => Reason() == "ErrImagePull", "the pull fails");
        _bench.Time.Advance(ControllerBench.Interval);
        await _bench.UntilAsync(() => Reason() == "ImagePullBackOff", "the pull backs off");

        string? Reason() => Pods() is [var pod] ? (string?)pod["status"]!["containerStatuses"]?[0]!["state"]!["waiting"]!["reason"] : null;
    }

    [Fact]
    public async Task A_deleted_pod_is_replaced()
    {
        Create("web", 2);
        _bench.StartDeployments();
        await ReadyAsync(2);
        var before = Pods().Select(static pod => (string)pod["metadata"]!["name"]!).ToHashSet();

        _bench.Delete("v1", "Pod", before.First());
        await PassAsync(starting: 1);
        await CountsAsync("2 replicas, 2 updated, 2 ready, 2 available, 0 unavailable");

        Assert.Single(Pods(), pod => !before.Contains((string)pod["metadata"]!["name"]!));
        Assert.Contains("Progressing=True NewReplicaSetAvailable", Conditions());
    }

    [Fact]
    public async Task A_rollback_uses_the_former_replica_set_which_becomes_the_latest_revision()
    {
        Create("web", 1);
        _bench.StartDeployments();
        await ReadyAsync(1);
        SetImage("nginx:2");
        await ReadyAsync(1);
        var first = (string?)ReplicaSets()[0]["metadata"]!["name"];

        SetImage("nginx");
        await ReadyAsync(1);

        Assert.Equal(["2", "3"], ReplicaSets().Select(Revision));
        Assert.Equal(first, (string?)ReplicaSets()[1]["metadata"]!["name"]);
        Assert.Equal("1", (string?)ReplicaSets()[1]["metadata"]!["annotations"]!["deployment.kubernetes.io/revision-history"]);
        Assert.Equal("3", Revision(Get()));
    }

    [Fact]
    public async Task No_more_old_replica_sets_are_kept_than_the_limit_of_the_history()
    {
        Create("web", 1, "\"revisionHistoryLimit\":1,");
        _bench.StartDeployments();
        await ReadyAsync(1);
        foreach (var image in new[] { "nginx:2", "nginx:3", "nginx:4" })
        {
            SetImage(image);
            await ReadyAsync(1);
        }

        await _bench.UntilAsync(() => ReplicaSets().Select(Revision).SequenceEqual(["3", "4"]), "the last two are left");
    }

    [Fact]
    public async Task Scaling_during_a_rollout_shares_the_replicas_out_in_proportion()
    {
        Create("web", 4);
        _bench.StartDeployments();
        await ReadyAsync(4);
        SetImage("fail");
        await CountsAsync("5 replicas, 2 updated, 3 ready, 3 available, 2 unavailable");

        Scale(8);
        await _bench.UntilAsync(
            () => ReplicaSets().Sum(static set => (int)set["spec"]!["replicas"]!) == 10, "there are as many pods as a surge allows");

        Assert.Equal([6, 4], ReplicaSets().Select(static set => (int)set["spec"]!["replicas"]!));
    }

    [Theory]
    [InlineData("\"25%\"", "\"25%\"", 10, 3, 2)]
    [InlineData("1", "0", 10, 1, 0)]
    [InlineData("0", "0", 10, 0, 1)]
    [InlineData("\"0%\"", "\"1%\"", 10, 0, 1)]
    [InlineData("\"100%\"", "\"50%\"", 3, 3, 1)]
    public void Surge_is_rounded_up_unavailability_down_and_one_of_them_is_positive(
        string surge, string unavailable, int replicas, int maxSurge, int maxUnavailable)
    {
        var spec = DeploymentSpec.From((JsonObject)JsonNode.Parse(
            $$$"""{"spec":{"replicas":{{{replicas}}},"strategy":{"rollingUpdate":{"maxSurge":{{{surge}}},"maxUnavailable":{{{unavailable}}} } } } }""")!);

        Assert.Equal((maxSurge, maxUnavailable), (spec.MaxSurge, spec.MaxUnavailable));
    }

    private static void AssertControlledBy(JsonObject owner, JsonObject obj)
    {
        var reference = Assert.Single(obj["metadata"]!["ownerReferences"]!.AsArray())!;
        Assert.Equal((string?)owner["kind"], (string?)reference["kind"]);
        Assert.Equal((string?)owner["metadata"]!["uid"], (string?)reference["uid"]);
        Assert.True((bool?)reference["controller"]);
        Assert.True((bool?)reference["blockOwnerDeletion"]);
    }

    private static IEnumerable<string> PodConditions(JsonObject pod) =>
        pod["status"]!["conditions"]!.AsArray().Select(static condition => $"{condition!["type"]}={condition["status"]}");

    private void Create(string name, int replicas, string more = "", string image = "nginx") => _bench.Create("apps/v1", "Deployment", $$$$$"""
        {"metadata":{"name":"{{{{{name}}}}}"},"spec":{ {{{{{more}}}}} "replicas":{{{{{replicas}}}}},"selector":{"matchLabels":{"app":"{{{{{name}}}}}"}},
        "template":{"metadata":{"labels":{"app":"{{{{{name}}}}}"}},"spec":{"containers":[{"name":"c","image":"{{{{{image}}}}}"}]}}}}
        """);

    private void Scale(int replicas) => _bench.Change("apps/v1", "Deployment", "web", obj => obj["spec"]!["replicas"] = replicas);

    private void SetImage(string image) =>
        _bench.Change("apps/v1", "Deployment", "web", obj => obj["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = image);

    private JsonObject Get() => _bench.Get("apps/v1", "Deployment", "web")!;

    private JsonObject Status() => Get()["status"] as JsonObject ?? [];

    private string[] Conditions() =>
        [.. (Status()["conditions"] as JsonArray ?? []).Select(
            static condition => $"{condition!["type"]}={condition["status"]} {condition["reason"]}")];

    private string Message(string type) =>
        (string)Status()["conditions"]!.AsArray().Single(condition => (string?)condition!["type"] == type)!["message"]!;

    private string Counts() => Counts(Get());

    private static string Counts(JsonObject deployment)
    {
        var status = deployment["status"] as JsonObject ?? [];
        return $"{Count("replicas")} replicas, {Count("updatedReplicas")} updated, {Count("readyReplicas")} ready, "
            + $"{Count("availableReplicas")} available, {Count("unavailableReplicas")} unavailable";

        int Count(string name) => (int?)status[name] ?? 0;
    }

    // The counts that answer the last change of the spec; null while there are none. All of one version, since the controller writes meanwhile.
    private string? ObservedCounts() =>
        Get() is var deployment && (long?)deployment["status"]?["observedGeneration"] == (long?)deployment["metadata"]!["generation"]
            ? Counts(deployment)
            : null;

    private Task CountsAsync(params string[] expected) => _bench.UntilAsync(
        () => expected.Contains(ObservedCounts()),
        $"{string.Join(" or ", expected)}; now {Counts()}");

    private IReadOnlyList<JsonObject> Pods() => _bench.List("v1", "Pod");

    private IReadOnlyList<JsonObject> ReplicaSets() =>
        [.. _bench.List("apps/v1", "ReplicaSet").OrderBy(static set => Revision(set), StringComparer.Ordinal)];

    private static string? Revision(JsonObject obj) => (string?)obj["metadata"]!["annotations"]?["deployment.kubernetes.io/revision"];

    private static string? Image(JsonObject pod) => (string?)pod["spec"]!["containers"]![0]!["image"];

    // The pods that will become ready by themselves, and whose time to do so is decided.
    private HashSet<string> Starting() =>
    [
        .. Pods()
            .Where(static pod => (string?)pod["status"]!["containerStatuses"]?[0]!["state"]!["waiting"]?["reason"] == "ContainerCreating")
            .Select(static pod => (string)pod["metadata"]!["name"]!),
    ];

    // Lets the time pass in which one pod becomes ready, once so many are on their way.
    private async Task PassAsync(int starting)
    {
        await _bench.UntilAsync(() => Starting().Count == starting, $"{starting} pods are starting; now {Starting().Count}");
        _bench.Time.Advance(ControllerBench.Interval);
    }

    // Lets time pass until so many replicas are available, and no others are there.
    private async Task ReadyAsync(int replicas, Action? look = null)
    {
        var expected = $"{replicas} replicas, {replicas} updated, {replicas} ready, {replicas} available, 0 unavailable";
        while (true)
        {
            HashSet<string> starting = [];
            var isReached = false;
            await _bench.UntilAsync(() => (isReached = IsReached()) || (starting = Starting()).Count > 0, $"{expected}; now {Counts()}");
            if (isReached)
            {
                return;
            }

            _bench.Time.Advance(ControllerBench.Interval);
            await _bench.UntilAsync(
                () =>
                {
                    look?.Invoke();
                    return !Starting().IsSupersetOf(starting);
                },
                "one of the pods becomes ready");
        }

        bool IsReached() => ObservedCounts() == expected;
    }
}
