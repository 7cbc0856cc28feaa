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
        Assert.Equal(["Available=False MinimumReplicasUnavailable", "Progressing=True NewReplicaSetCreated"], Conditions());
        _bench.Time.Advance(ControllerBench.Interval);
        await CountsAsync("3 replicas, 3 updated, 1 ready, 1 available, 2 unavailable");
        Assert.Equal(["Available=False MinimumReplicasUnavailable", "Progressing=True ReplicaSetUpdated"], Conditions());
        _bench.Time.Advance(ControllerBench.Interval);
        await CountsAsync("3 replicas, 3 updated, 2 ready, 2 available, 1 unavailable");
        _bench.Time.Advance(ControllerBench.Interval);
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
        await CountsAsync("1 replicas, 1 updated, 0 ready, 0 available, 1 unavailable");
        _bench.Time.Advance(ControllerBench.Interval);
        await CountsAsync("1 replicas, 1 updated, 1 ready, 1 available, 0 unavailable");
        var version = (string?)Get()["metadata"]!["resourceVersion"];

        // A touch that needs no answer, and then one that shows that it was looked at.
        _bench.Change("apps/v1", "Deployment", "web", static obj => obj["metadata"]!["labels"] = new JsonObject { ["a"] = "1" });
        version = (string?)Get()["metadata"]!["resourceVersion"];
        _bench.Time.Advance(TimeSpan.FromHours(1));
        Create("other", 1);
        await _bench.UntilAsync(() => _bench.Get("apps/v1", "Deployment", "other")!["status"]?["replicas"] is not null, "the other deployment is looked at");

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
        await CountsAsync("4 replicas, 2 updated, 3 ready, 3 available, 2 unavailable", "5 replicas, 2 updated, 3 ready, 3 available, 2 unavailable");
        Assert.Contains("Available=True MinimumReplicasAvailable", Conditions());
        var fewest = 4;
        for (var i = 0; i < 4; i++)
        {
            var version = (string?)Get()["metadata"]!["resourceVersion"];
            _bench.Time.Advance(ControllerBench.Interval);
            await _bench.UntilAsync(() => (string?)Get()["metadata"]!["resourceVersion"] != version, "the rollout goes on");
            fewest = Math.Min(fewest, (int?)Status()["availableReplicas"] ?? 0);
        }

        await CountsAsync("4 replicas, 4 updated, 4 ready, 4 available, 0 unavailable");
        Assert.True(fewest >= 3, $"{fewest} replicas were available; one of four may be missing");
        Assert.Contains("Progressing=True NewReplicaSetAvailable", Conditions());
    }

    [Fact]
    public async Task The_strategy_Recreate_removes_all_old_replicas_first()
    {
        Create("web", 2, "\"strategy\":{\"type\":\"Recreate\"},");
        _bench.StartDeployments();
        await ReadyAsync(2);

        SetImage("nginx:2");

        await CountsAsync("2 replicas, 2 updated, 0 ready, 0 available, 2 unavailable");
        await ReadyAsync(2);
    }

    [Fact]
    public async Task An_image_with_fail_in_its_name_never_becomes_ready_and_the_deadline_is_reported()
    {
        Create("web", 2, "\"progressDeadlineSeconds\":60,", image: "registry/will-fail:1");
        _bench.StartDeployments();
        await CountsAsync("2 replicas, 2 updated, 0 ready, 0 available, 2 unavailable");

        _bench.Time.Advance(TimeSpan.FromSeconds(59));
        _bench.Time.Advance(TimeSpan.FromSeconds(1));
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

        _bench.Time.Advance(ControllerBench.Interval);
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
        await ReadyAsync(2);

        Assert.Equal("Deployment is paused", Message("Progressing"));
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
        await _bench.UntilAsync(() => _bench.Get("apps/v1", "Deployment", "other")!["status"]?["replicas"] is not null, "the other deployment is looked at");

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

        await CountsAsync("1 replicas, 1 updated, 0 ready, 0 available, 1 unavailable");
    }

    [Theory]
    [InlineData("\"25%\"", "\"25%\"", 10, 3, 2)]
    [InlineData("1", "0", 10, 1, 0)]
    [InlineData("0", "0", 10, 0, 1)]
    [InlineData("\"0%\"", "\"1%\"", 10, 0, 1)]
    [InlineData("\"100%\"", "\"50%\"", 3, 3, 1)]
    public void Surge_is_rounded_up_unavailability_down_and_one_of_them_is_positive(string surge, string unavailable, int replicas, int maxSurge, int maxUnavailable)
    {
        var spec = DeploymentSpec.From((JsonObject)JsonNode.Parse(
            $$$"""{"spec":{"replicas":{{{replicas}}},"strategy":{"rollingUpdate":{"maxSurge":{{{surge}}},"maxUnavailable":{{{unavailable}}} } } } }""")!);

        Assert.Equal((maxSurge, maxUnavailable), (spec.MaxSurge, spec.MaxUnavailable));
    }

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
        [.. (Status()["conditions"] as JsonArray ?? []).Select(static condition => $"{condition!["type"]}={condition["status"]} {condition["reason"]}")];

    private string Message(string type) => (string)Status()["conditions"]!.AsArray().Single(condition => (string?)condition!["type"] == type)!["message"]!;

    private string Counts()
    {
        var status = Status();
        return $"{Count("replicas")} replicas, {Count("updatedReplicas")} updated, {Count("readyReplicas")} ready, "
            + $"{Count("availableReplicas")} available, {Count("unavailableReplicas")} unavailable";

        int Count(string name) => (int?)status[name] ?? 0;
    }

    private Task CountsAsync(params string[] expected) => _bench.UntilAsync(
        () => expected.Contains(Counts()) && (long?)Status()["observedGeneration"] == (long?)Get()["metadata"]!["generation"],
        $"{string.Join(" or ", expected)}; now {Counts()}");

    // Lets time pass until so many replicas are available, and no others are there.
    private async Task ReadyAsync(int replicas)
    {
        var expected = $"{replicas} replicas, {replicas} updated, {replicas} ready, {replicas} available, 0 unavailable";
        await _bench.UntilAsync(() => (long?)Status()["observedGeneration"] == (long?)Get()["metadata"]!["generation"], "the deployment is looked at");
        while (Counts() != expected)
        {
            var version = (string?)Get()["metadata"]!["resourceVersion"];
            _bench.Time.Advance(ControllerBench.Interval);
            await _bench.UntilAsync(() => Counts() == expected || (string?)Get()["metadata"]!["resourceVersion"] != version, $"{expected}; now {Counts()}");
        }
    }
}
