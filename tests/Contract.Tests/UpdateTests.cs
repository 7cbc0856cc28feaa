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
        Assert.NotEqual(first.Version, updated.Version);
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
    }

    [Theory, BothServers]
    public async Task An_update_under_another_name_is_refused(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        (await UpdateAsync("b", first.Body.ToJsonString())).Refuses(400, "BadRequest", "the name of the object (a) does not match the name on the URL (b)");
    }

    [Theory, BothServers]
    public async Task An_update_of_an_object_that_was_recreated_is_a_conflict(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var answer = await UpdateAsync("a", With(first, static o => o["metadata"]!["uid"] = "other"));

        Assert.Equal((409, "Conflict"), (answer.Status, answer.Reason));
        Assert.Contains($"Precondition failed: UID in precondition: other, UID in object meta: {first.Metadata["uid"]}", answer.Message, StringComparison.Ordinal);
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
        await GivenAsync("a");

        (await MergeAsync("a", """{"status":{"phase":1}}""", "")).Succeeds();
        (await Cluster.SendAsync(HttpMethod.Patch, $"{Collection}/a/status", """{"status":{"phase":1}}""", "application/merge-patch+json")).Refuses(
            422, "Invalid", $"{Kind} \"a\" is invalid: status.phase: Invalid value: \"integer\": phase in body must be of type string: \"integer\"");
    }

    [Theory, BothServers]
    public async Task Who_wrote_which_field_is_kept(ServerKind server)
    {
        await UseAsync(server);

        var created = await GivenAsync("a", """{"image":"i"}""", ""","labels":{"k":"v"}""");
        var patched = (await MergeAsync("a", """{"spec":{"replicas":2}}""", "?fieldManager=other")).Succeeds();

        static string Fields(Answer answer) => string.Join(
            "; ", answer.Metadata["managedFields"]!.AsArray().Select(static m => $"{m!["manager"]} {m["operation"]} {m["fieldsV1"]!.ToJsonString()}"));
        Assert.Equal("""contract Update {"f:metadata":{"f:labels":{".":{},"f:k":{}}},"f:spec":{".":{},"f:image":{},"f:replicas":{}}}""", Fields(created));
        Assert.Equal(
            """contract Update {"f:metadata":{"f:labels":{".":{},"f:k":{}}},"f:spec":{".":{},"f:image":{}}}; other Update {"f:spec":{"f:replicas":{}}}""",
            Fields(patched));
    }
}
