namespace CrMonitor.Contract.Tests;

public sealed class PatchTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_merge_patch_sets_and_removes_fields(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", """{"image":"i","mode":"a","args":["x","y"]}""");

        var patched = (await MergeAsync("a", """{"spec":{"mode":null,"args":["z"],"settings":{"k":"v"}}}""")).Succeeds();

        JsonEqual("""{"image":"i","replicas":1,"args":["z"],"settings":{"k":"v"}}""", patched.Body["spec"]);
        Assert.Equal(2, (int?)patched.Metadata["generation"]);
    }

    [Theory, BothServers]
    public async Task A_removed_field_with_a_default_gets_it_again(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", """{"image":"i","replicas":5}""");

        var patched = (await MergeAsync("a", """{"spec":{"replicas":null}}""")).Succeeds();

        Assert.Equal(1, (int?)patched.Body["spec"]!["replicas"]);
    }

    [Theory, BothServers]
    public async Task A_JSON_patch_is_done_step_by_step(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", """{"image":"i","args":["x","y"]}""");

        var patched = (await JsonPatchAsync(
            "a",
            """[{"op":"test","path":"/spec/image","value":"i"},{"op":"add","path":"/spec/args/-","value":"z"},{"op":"remove","path":"/spec/args/0"},{"op":"replace","path":"/spec/replicas","value":2}]""")).Succeeds();

        JsonEqual("""{"image":"i","replicas":2,"args":["y","z"]}""", patched.Body["spec"]);
    }

    [Theory, BothServers]
    public async Task A_JSON_patch_whose_test_fails_changes_nothing(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var answer = await JsonPatchAsync(
            "a", """[{"op":"replace","path":"/spec/replicas","value":2},{"op":"test","path":"/spec/image","value":"j"}]""");

        answer.Refuses(422, "Invalid", "the server rejected our request due to an error in our request");
        Assert.Equal(first.Version, (await GetAsync($"{Collection}/a")).Version);
    }

    [Theory, BothServers]
    public async Task A_strategic_merge_patch_is_not_for_custom_resources(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        var answer = await Cluster.SendAsync(HttpMethod.Patch, $"{Collection}/a", "{}", "application/strategic-merge-patch+json");

        answer.Refuses(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
    }

    [Theory, BothServers]
    public async Task A_patch_with_an_old_version_is_a_conflict(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");
        (await MergeAsync("a", """{"spec":{"replicas":2}}""")).Succeeds();

        (await MergeAsync("a", $$$"""{"metadata":{"resourceVersion":"{{{first.Version}}}"},"spec":{"replicas":3}}""")).Refuses(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {Resource} \"a\": the object has been modified; please apply your changes to the latest version and try again");
    }

    [Theory, BothServers]
    public async Task A_patch_of_what_is_not_there_is_not_found(ServerKind server)
    {
        await UseAsync(server);

        (await MergeAsync("a", "{}")).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
    }

    [Theory, BothServers]
    public async Task A_patch_cannot_change_what_the_object_is(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        (await MergeAsync("a", """{"metadata":{"name":"b"}}""")).Refuses(
            400, "BadRequest", "the name of the object (b) does not match the name on the URL (a)");
        (await MergeAsync("a", """{"metadata":{"uid":"u"}}""")).Refuses(
            422, "Invalid", $"{Kind} \"a\" is invalid: metadata.uid: Invalid value: \"u\": field is immutable");
        (await MergeAsync("a", """{"kind":"Other"}""")).Refuses(
            422, "Invalid", $"Other.{Cluster.Group} \"a\" is invalid: kind: Invalid value: \"Other\": must be Widget");
    }

    [Theory, BothServers]
    public async Task What_only_the_server_sets_is_not_patched(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var patched =
            (await MergeAsync("a", """{"metadata":{"creationTimestamp":"2020-01-01T00:00:00Z","generation":7},"status":{"phase":"x"}}""")).Succeeds();

        JsonEqual(first.Body.ToJsonString(), patched.Body);
    }

    [Theory, BothServers]
    public async Task A_malformed_patch_is_refused(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        (await MergeAsync("a", """{"spec":""")).Refuses(400, "BadRequest", "error decoding patch: unexpected end of JSON input");
        (await MergeAsync("a", "[]")).Refuses(
            400, "BadRequest", "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}");
    }

    [Theory, BothServers]
    public async Task Parameters_of_patches_are_checked(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        (await MergeAsync("a", "{}", "?force=true")).Refuses(
            422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch");
        (await ApplyAsync("a", Widget("a"), "")).Refuses(
            422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        (await MergeAsync("a", "{}", $"?fieldManager={new string('m', 129)}")).Refuses(
            422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more than 128 bytes");
    }

    [Theory, BothServers]
    public async Task Strict_field_validation_holds_for_patches(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        var answer = await MergeAsync("a", """{"spec":{"foo":1}}""", "?fieldValidation=Strict");

        Assert.Equal((422, "Invalid"), (answer.Status, answer.Reason));
        Assert.EndsWith("strict decoding error: unknown field \"spec.foo\"", answer.Message, StringComparison.Ordinal);
    }

    [Theory, BothServers]
    public async Task A_patch_that_changes_nothing_keeps_the_version(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        JsonEqual(first.Body.ToJsonString(), (await MergeAsync("a", """{"spec":{"replicas":1}}""", "?fieldManager=other")).Succeeds().Body);
        JsonEqual(first.Body.ToJsonString(), (await MergeAsync("a", "{}", "?fieldManager=other")).Succeeds().Body);
        JsonEqual(first.Body.ToJsonString(), (await JsonPatchAsync("a", "[]")).Succeeds().Body);
    }

    [Theory, BothServers]
    public async Task A_patch_of_the_status_changes_the_status_alone(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        var patched = (await MergeAsync("a/status", """{"metadata":{"labels":{"k":"v"}},"spec":{"replicas":5},"status":{"phase":"x"}}""")).Succeeds();

        patched.Has("spec", """{"image":"i","replicas":1}""").Has("status", """{"phase":"x"}""").Has("metadata.labels", null).Has(
            "metadata.generation", "1");
    }

    [Theory, BothServers]
    public async Task A_JSON_patch_of_a_path_that_is_not_there_is_refused(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a", """{"image":"i","args":["x"]}""");

        foreach (var patch in (string[])
            [
                """[{"op":"remove","path":"/spec/nothing"}]""",
                """[{"op":"replace","path":"/spec/nothing","value":1}]""",
                """[{"op":"add","path":"/spec/nothing/deeper","value":1}]""",
                """[{"op":"replace","path":"/spec/args/1","value":"y"}]""",
                """[{"op":"test","path":"/spec/nothing","value":1}]""",
            ])
        {
            (await JsonPatchAsync("a", patch)).Refuses(422, "Invalid", "the server rejected our request due to an error in our request");
        }

        Assert.Equal(first.Version, (await GetAsync($"{Collection}/a")).Version);
    }
}
