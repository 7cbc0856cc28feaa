using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

public sealed class UpdateTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task An_update_of_the_spec_raises_generation_and_version(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var updated = (await UpdateAsync("a", With(first, static o => o["spec"]!["replicas"] = 3))).Succeeds();

        Assert.Equal(2, (int?)updated.Metadata["generation"]);
        Assert.True(long.Parse(updated.Version, null) > long.Parse(first.Version, null));
        Assert.Equal((string?)first.Metadata["uid"], (string?)updated.Metadata["uid"]);
        Assert.Equal((string?)first.Metadata["creationTimestamp"], (string?)updated.Metadata["creationTimestamp"]);
    }

    [Theory, BothServers]
    public async Task An_update_of_metadata_keeps_the_generation(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var updated = (await UpdateAsync("a", With(first, static o => o["metadata"]!["labels"] = new JsonObject { ["k"] = "v" }))).Succeeds();

        Assert.Equal(1, (int?)updated.Metadata["generation"]);
        Assert.Equal("v", (string?)updated.Metadata["labels"]!["k"]);
    }

    [Theory, BothServers]
    public async Task An_update_that_changes_nothing_keeps_the_version(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var updated = (await UpdateAsync("a", first.Body.ToJsonString())).Succeeds();

        JsonEqual(first.Body.ToJsonString(), updated.Body);
    }

    [Theory, BothServers]
    public async Task An_update_of_an_old_version_is_a_conflict(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");
        (await UpdateAsync("a", With(first, static o => o["spec"]!["replicas"] = 3))).Succeeds();

        var answer = await UpdateAsync("a", With(first, static o => o["spec"]!["replicas"] = 4));

        answer.Refuses(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {Resource} \"a\": the object has been modified; please apply your changes to the latest version and try again");
        JsonEqual($$"""{"name":"a","group":"{{Cluster.Group}}","kind":"widgets"}""", answer.Body["details"]);
    }

    [Theory, BothServers]
    public async Task An_update_without_a_version_is_refused(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        (await UpdateAsync("a", Widget("a"))).Refuses(
            422, "Invalid", $"{Resource} \"a\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update");
    }

    [Theory, BothServers]
    public async Task An_update_of_what_is_not_there_is_not_found(ServerKind server)
    {
        await UseAsync(server);

        (await UpdateAsync("a", Widget("a"))).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
        (await UpdateAsync("a", Widget("a", metadata: ",\"resourceVersion\":\"1\""))).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
    }

    [Theory, BothServers]
    public async Task An_update_under_another_name_is_refused(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        (await UpdateAsync("b", first.Body.ToJsonString())).Refuses(
            400, "BadRequest", "the name of the object (a) does not match the name on the URL (b)");
    }

    [Theory, BothServers]
    public async Task An_update_of_an_object_that_was_recreated_is_a_conflict(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var answer = await UpdateAsync("a", With(first, static o => o["metadata"]!["uid"] = "other"));

        Assert.Equal((409, "Conflict"), (answer.Status, answer.Reason));
        Assert.Contains(
            $"Precondition failed: UID in precondition: other, UID in object meta: {first.Metadata["uid"]}",
            answer.Message,
            StringComparison.Ordinal);
    }

    [Theory, BothServers]
    public async Task The_status_is_written_by_its_subresource_alone(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var main = (await UpdateAsync("a", With(first, static o => o["status"] = new JsonObject { ["phase"] = "no" }))).Succeeds();
        var status = (await Cluster.SendAsync(
            HttpMethod.Put,
            $"{Collection}/a/status",
            With(main, static o =>
            {
                o["status"] = new JsonObject { ["phase"] = "yes", ["unknown"] = 1 };
                o["spec"]!["replicas"] = 9;
                o["metadata"]!["labels"] = new JsonObject { ["k"] = "v" };
            }))).Succeeds();

        Assert.False(main.Body.ContainsKey("status"));
        Assert.Equal(first.Version, main.Version);
        JsonEqual("""{"phase":"yes"}""", status.Body["status"]);
        Assert.Equal(1, (int?)status.Body["spec"]!["replicas"]);
        Assert.False(status.Metadata.ContainsKey("labels"));
        Assert.Equal(1, (int?)status.Metadata["generation"]);
        JsonEqual(status.Body.ToJsonString(), (await GetAsync($"{Collection}/a/status")).Succeeds().Body);
    }

    [Theory, BothServers]
    public async Task A_status_that_is_not_valid_is_refused(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");
        var message = $"{Kind} \"a\" is invalid: status.phase: Invalid value: \"integer\": phase in body must be of type string: \"integer\"";

        (await UpdateAsync("a/status", With(first, static o => o["status"] = new JsonObject { ["phase"] = 1 }))).Refuses(422, "Invalid", message);
        (await MergeAsync("a/status", """{"status":{"phase":1}}""")).Refuses(422, "Invalid", message);
        (await MergeAsync("a", """{"status":{"phase":1}}""")).Succeeds();
    }

    [Theory, BothServers]
    public async Task What_only_the_server_sets_is_not_updated(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var updated = (await UpdateAsync("a", With(first, static o =>
        {
            o["metadata"]!["generation"] = 77;
            o["metadata"]!["creationTimestamp"] = "2001-01-01T00:00:00Z";
        }))).Succeeds();

        JsonEqual(first.Body.ToJsonString(), updated.Body);
    }
}
