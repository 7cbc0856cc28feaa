using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

public sealed class BuiltInGarbageCollectorTests : IAsyncDisposable
{
    private readonly ControllerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_dependent_is_deleted_after_its_owner_and_so_is_its_own()
    {
        _bench.StartGarbageCollector();
        var owner = ConfigMap("owner");
        var middle = ConfigMap("middle", owner);
        ConfigMap("leaf", middle);

        _bench.Delete("v1", "ConfigMap", "owner");

        await GoneAsync("middle");
        await GoneAsync("leaf");
    }

    [Theory]
    [InlineData("Background")]
    [InlineData("Foreground")]
    public async Task A_deployment_takes_its_replica_set_and_pods_along(string policy)
    {
        await StartWebAsync();

        _bench.Delete("apps/v1", "Deployment", "web", policy);
        await _bench.UntilAsync(() => !_bench.Exists("apps/v1", "Deployment", "web"), "the Deployment is gone");

        if (policy == "Foreground")
        {
            Assert.Empty(_bench.List("apps/v1", "ReplicaSet"));
            Assert.Empty(_bench.List("v1", "Pod"));
        }

        await _bench.UntilAsync(
            () => _bench.List("apps/v1", "ReplicaSet").Count == 0 && _bench.List("v1", "Pod").Count == 0, "its ReplicaSet and Pods are gone");
    }

    [Fact]
    public async Task An_orphaned_replica_set_keeps_its_pods()
    {
        await StartWebAsync();

        _bench.Delete("apps/v1", "Deployment", "web", "Orphan");
        await _bench.UntilAsync(() => !_bench.Exists("apps/v1", "Deployment", "web"), "the Deployment is gone");

        Assert.Null(Assert.Single(_bench.List("apps/v1", "ReplicaSet"))["metadata"]!["ownerReferences"]);
        Assert.All(_bench.List("v1", "Pod"), static pod => Assert.Single(pod["metadata"]!["ownerReferences"]!.AsArray()));
        Assert.Equal(2, _bench.List("v1", "Pod").Count);
    }

    [Fact]
    public async Task A_custom_resource_owns_built_in_kinds_and_is_owned()
    {
        _bench.Define("Thing", "Namespaced");
        _bench.StartGarbageCollector();
        var thing = _bench.Create("example.com/v1", "Thing", """{"metadata":{"name":"thing"}}""");
        var map = ConfigMap("map", thing);
        _bench.Create("example.com/v1", "Thing", $$$"""{"metadata":{"name":"part","ownerReferences":[{{{Reference(map)}}}]}}""");

        _bench.Delete("example.com/v1", "Thing", "thing");

        await GoneAsync("map");
        await _bench.UntilAsync(() => !_bench.Exists("example.com/v1", "Thing", "part"), "the part is deleted");
    }

    [Fact]
    public async Task A_dependent_that_was_there_before_the_collector_is_found()
    {
        var owner = ConfigMap("owner");
        ConfigMap("dependent", owner);
        _bench.Delete("v1", "ConfigMap", "owner");

        _bench.StartGarbageCollector();

        await GoneAsync("dependent");
    }

    [Fact]
    public async Task A_dependent_of_an_owner_that_never_was_is_deleted()
    {
        _bench.StartGarbageCollector();

        _bench.Create(
            "v1",
            "ConfigMap",
            """{"metadata":{"name":"dependent","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"nobody","uid":"1"}]}}""");

        await GoneAsync("dependent");
    }

    [Fact]
    public async Task An_object_of_the_owners_name_with_another_uid_is_not_the_owner()
    {
        _bench.StartGarbageCollector();
        ConfigMap("owner");

        _bench.Create(
            "v1",
            "ConfigMap",
            """{"metadata":{"name":"dependent","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":"other"}]}}""");

        await GoneAsync("dependent");
    }

    [Fact]
    public async Task A_dependent_stays_while_one_owner_is_left_and_forgets_the_other()
    {
        _bench.StartGarbageCollector();
        var first = ConfigMap("first");
        var second = ConfigMap("second");
        ConfigMap("dependent", first, second);

        _bench.Delete("v1", "ConfigMap", "first");
        await _bench.UntilAsync(() => Owners("dependent") is ["second"], "the reference to the first owner goes");

        _bench.Delete("v1", "ConfigMap", "second");
        await GoneAsync("dependent");
    }

    [Fact]
    public async Task A_dependent_of_a_kind_that_is_not_served_stays()
    {
        _bench.StartGarbageCollector();

        _bench.Create(
            "v1",
            "ConfigMap",
            """{"metadata":{"name":"dependent","ownerReferences":[{"apiVersion":"nowhere.io/v1","kind":"Nothing","name":"n","uid":"1"}]}}""");
        await PassAsync();

        Assert.True(_bench.Exists("v1", "ConfigMap", "dependent"));
    }

    [Fact]
    public async Task Foreground_deletion_waits_for_dependents_that_block_it()
    {
        _bench.StartGarbageCollector();
        var owner = ConfigMap("owner");
        Dependent("blocking", owner, blocks: true, "\"finalizers\":[\"test/hold\"],");
        Dependent("other", owner, blocks: false, "\"finalizers\":[\"test/hold\"],");

        _bench.Delete("v1", "ConfigMap", "owner", "Foreground");
        await _bench.UntilAsync(() => IsDeleting("blocking") && IsDeleting("other"), "both dependents are deleted");
        await PassAsync();
        Assert.True(IsDeleting("owner"), "the owner waits");

        Release("blocking");
        await GoneAsync("blocking");
        await GoneAsync("owner");
        Assert.True(_bench.Exists("v1", "ConfigMap", "other"), "what does not block is not waited for");
    }

    [Fact]
    public async Task Foreground_deletion_goes_down_the_tree_and_ends_from_the_leaves()
    {
        _bench.StartGarbageCollector();
        var owner = ConfigMap("owner");
        var middle = Dependent("middle", owner, blocks: true);
        Dependent("leaf", middle, blocks: true, "\"finalizers\":[\"test/hold\"],");

        _bench.Delete("v1", "ConfigMap", "owner", "Foreground");
        await _bench.UntilAsync(() => IsDeleting("leaf"), "the leaf is deleted");
        Assert.True(IsDeleting("owner") && IsDeleting("middle"));

        Release("leaf");
        await GoneAsync("leaf");
        await GoneAsync("middle");
        await GoneAsync("owner");
    }

    [Fact]
    public async Task Foreground_deletion_without_dependents_is_done_at_once()
    {
        _bench.StartGarbageCollector();
        ConfigMap("owner");

        _bench.Delete("v1", "ConfigMap", "owner", "Foreground");

        await GoneAsync("owner");
    }

    [Fact]
    public async Task The_policy_Orphan_lets_the_dependents_go_and_live()
    {
        _bench.StartGarbageCollector();
        var owner = ConfigMap("owner");
        ConfigMap("dependent", owner);

        _bench.Delete("v1", "ConfigMap", "owner", "Orphan");
        await GoneAsync("owner");
        await PassAsync();

        Assert.True(_bench.Exists("v1", "ConfigMap", "dependent"));
        Assert.Empty(Owners("dependent"));
    }

    [Fact]
    public async Task An_object_of_the_cluster_owns_objects_in_namespaces_but_not_the_other_way()
    {
        _bench.Define("Pool", "Cluster");
        _bench.StartGarbageCollector();
        var pool = _bench.Create("example.com/v1", "Pool", """{"metadata":{"name":"pool"}}""");
        ConfigMap("dependent", pool);
        var map = ConfigMap("map");
        _bench.Create("example.com/v1", "Pool", $$$"""{"metadata":{"name":"wrong","ownerReferences":[{{{Reference(map)}}}]}}""");

        _bench.Delete("example.com/v1", "Pool", "pool");

        await GoneAsync("dependent");
        Assert.True(_bench.Exists("example.com/v1", "Pool", "wrong"));
    }

    [Fact]
    public async Task Dependents_go_when_the_kind_of_their_owner_goes_with_its_objects()
    {
        _bench.Define("Thing", "Namespaced");
        _bench.StartGarbageCollector();
        var thing = _bench.Create("example.com/v1", "Thing", """{"metadata":{"name":"thing"}}""");
        ConfigMap("dependent", thing);
        await PassAsync();

        _bench.Delete("example.com/v1", "Thing", "thing");
        _bench.Undefine("Thing");

        await GoneAsync("dependent");
    }

    private JsonObject ConfigMap(string name, params JsonObject[] owners) =>
        _bench.Create(
            "v1",
            "ConfigMap",
            $$$"""{"metadata":{"name":"{{{name}}}","ownerReferences":[{{{string.Join(',', owners.Select(owner => Reference(owner)))}}}]}}""");

    private JsonObject Dependent(string name, JsonObject owner, bool blocks, string metadata = "") =>
        _bench.Create(
            "v1", "ConfigMap", $$$"""{"metadata":{ {{{metadata}}} "name":"{{{name}}}","ownerReferences":[{{{Reference(owner, blocks)}}}]}}""");

    private static string Reference(JsonObject owner, bool blocks = false)
    {
        var reference = new JsonObject
        {
            ["apiVersion"] = (string?)owner["apiVersion"],
            ["kind"] = (string?)owner["kind"],
            ["name"] = (string?)owner["metadata"]!["name"],
            ["uid"] = (string?)owner["metadata"]!["uid"],
        };
        if (blocks)
        {
            reference["blockOwnerDeletion"] = true;
        }

        return reference.ToJsonString();
    }

    private string[] Owners(string name) =>
        [.. (_bench.Get("v1", "ConfigMap", name)!["metadata"]!["ownerReferences"] as JsonArray ?? []).Select(
            static owner => (string)owner!["name"]!)];

    private bool IsDeleting(string name) => _bench.Get("v1", "ConfigMap", name)?["metadata"]!["deletionTimestamp"] is not null;

    private void Release(string name) => _bench.Change("v1", "ConfigMap", name, static obj =>
    {
        var finalizers = (JsonArray)obj["metadata"]!["finalizers"]!;
        finalizers.RemoveAll(static finalizer => (string?)finalizer == "test/hold");
    });

    private async Task StartWebAsync()
    {
        _bench.StartGarbageCollector();
        _bench.StartDeployments();
        _bench.Create("apps/v1", "Deployment", """
            {"metadata":{"name":"web"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
            "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}}}
            """);
        await _bench.UntilAsync(() => _bench.List("v1", "Pod").Count == 2, "its pods are there");
    }

    private Task GoneAsync(string name) => _bench.UntilAsync(() => !_bench.Exists("v1", "ConfigMap", name), $"{name} is deleted");

    // The collector takes one thing after the other: when this last one is gone, everything before it has been looked at.
    private async Task PassAsync()
    {
        _bench.Create(
            "v1",
            "ConfigMap",
            """{"metadata":{"name":"last","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"nobody","uid":"0"}]}}""");
        await GoneAsync("last");
    }
}
