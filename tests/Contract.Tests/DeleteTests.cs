namespace CrMonitor.Contract.Tests;

public sealed class DeleteTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_deleted_object_is_gone(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var deleted = (await DeleteAsync("a")).Succeeds();

        Assert.Equal("Success", (string?)deleted.Body["status"]);
        JsonEqual($$"""{"name":"a","group":"{{Cluster.Group}}","kind":"widgets","uid":"{{first.Metadata["uid"]}}"}""", deleted.Body["details"]);
        (await GetAsync($"{Collection}/a")).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
        (await DeleteAsync("a")).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
    }

    [Theory, BothServers]
    public async Task An_object_with_finalizers_stays_until_they_are_gone(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", metadata: ""","finalizers":["example.com/f"]""");

        var deleted = (await DeleteAsync("a")).Succeeds();
        var again = (await DeleteAsync("a")).Succeeds();
        var removed = (await MergeAsync("a", """{"metadata":{"finalizers":null}}""")).Succeeds();

        Assert.NotNull(deleted.Metadata["deletionTimestamp"]);
        Assert.Equal(0, (int?)deleted.Metadata["deletionGracePeriodSeconds"]);
        Assert.Equal(2, (int?)deleted.Metadata["generation"]);
        JsonEqual(deleted.Body.ToJsonString(), again.Body);
        Assert.Equal(deleted.Version, removed.Version);
        Assert.False(removed.Metadata.ContainsKey("finalizers"));
        Assert.Equal(404, (await GetAsync($"{Collection}/a")).Status);
    }

    [Theory, BothServers]
    public async Task No_finalizer_is_added_to_a_dying_object(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", metadata: ""","finalizers":["example.com/f"]""");
        (await DeleteAsync("a")).Succeeds();

        var answer = await MergeAsync("a", """{"metadata":{"finalizers":["example.com/f","example.com/g"]}}""");
        (await MergeAsync("a", """{"metadata":{"finalizers":[]}}""")).Succeeds();

        answer.Refuses(
            422,
            "Invalid",
            $"{Kind} \"a\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{\"example.com/g\"}}");
    }

    [Theory, BothServers]
    public async Task Preconditions_are_checked(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        (await DeleteAsync("a", """{"preconditions":{"uid":"x"}}""")).Refuses(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {Kind} \"a\": the UID in the precondition (x) does not match the UID in record ({first.Metadata["uid"]}). "
            + "The object might have been deleted and then recreated");
        (await DeleteAsync("a", """{"preconditions":{"resourceVersion":"1"}}""")).Refuses(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {Kind} \"a\": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record ({first.Version}). "
            + "The object might have been modified");
        (await DeleteAsync("a", $$$"""{"preconditions":{"uid":"{{{first.Metadata["uid"]}}}","resourceVersion":"{{{first.Version}}}"}}""")).Succeeds();
    }

    [Theory, BothServers]
    public async Task Foreground_deletion_waits_for_its_finalizer(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", metadata: ""","finalizers":["example.com/f"]""");

        var deleted = (await DeleteAsync("a", """{"propagationPolicy":"Foreground"}""")).Succeeds();
        (await MergeAsync("a", """{"metadata":{"finalizers":null}}""")).Succeeds();

        JsonEqual("""["example.com/f","foregroundDeletion"]""", deleted.Metadata["finalizers"]);
    }

    [Theory, BothServers]
    public async Task An_unknown_propagation_policy_is_refused(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        (await DeleteAsync("a?propagationPolicy=Some")).Refuses(
            422,
            "Invalid",
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Some\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
    }

    [Theory, BothServers]
    public async Task A_dry_run_deletes_nothing(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        Assert.Equal("Success", (string?)(await DeleteAsync("a?dryRun=All")).Succeeds().Body["status"]);

        (await GetAsync($"{Collection}/a")).Succeeds();
    }

    [Theory, BothServers]
    public async Task A_collection_is_deleted_by_selector(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", metadata: ""","labels":{"k":"1"}""");
        await GivenAsync("b", metadata: ""","labels":{"k":"2"}""");

        var deleted = (await Cluster.SendAsync(HttpMethod.Delete, $"{Collection}?labelSelector=k%3D1")).Succeeds();

        Assert.Equal(["a"], deleted.Names);
        Assert.Equal("WidgetList", (string?)deleted.Body["kind"]);
        Assert.Equal(["b"], (await GetAsync(Collection)).Names);
    }
}
