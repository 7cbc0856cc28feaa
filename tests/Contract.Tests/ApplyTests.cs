namespace CrMonitor.Contract.Tests;

public sealed class ApplyTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task Applying_creates_what_is_not_there(ServerKind server)
    {
        await UseAsync(server);

        var created = (await ApplyAsync("a", Widget("a"))).Succeeds(201);

        var entry = created.Metadata["managedFields"]!.AsArray().Single()!;
        Assert.Equal(("m1", "Apply"), ((string?)entry["manager"], (string?)entry["operation"]));
        JsonEqual("""{"f:spec":{"f:image":{}}}""", entry["fieldsV1"]);
        Assert.Equal(1, (int?)created.Body["spec"]!["replicas"]);
    }

    [Theory, BothServers]
    public async Task Applying_the_same_again_changes_nothing(ServerKind server)
    {
        await UseAsync(server);
        var first = (await ApplyAsync("a", Widget("a"))).Succeeds(201);

        var second = (await ApplyAsync("a", Widget("a"))).Succeeds();

        JsonEqual(first.Body.ToJsonString(), second.Body);
    }

    [Theory, BothServers]
    public async Task Fields_of_another_manager_are_a_conflict_unless_forced(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        var answer = await ApplyAsync("a", Widget("a", """{"image":"j"}"""));
        var forced = (await ApplyAsync("a", Widget("a", """{"image":"j"}"""), "?fieldManager=m1&force=true")).Succeeds();

        answer.Refuses(409, "Conflict", $"Apply failed with 1 conflict: conflict with \"contract\" using {Cluster.ApiVersion}: .spec.image");
        JsonEqual(
            $$"""[{"reason":"FieldManagerConflict","message":"conflict with \"contract\" using {{Cluster.ApiVersion}}","field":".spec.image"}]""",
            answer.Body["details"]!["causes"]);
        Assert.Equal("j", (string?)forced.Body["spec"]!["image"]);
    }

    [Theory, BothServers]
    public async Task A_field_that_is_applied_no_more_goes(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","mode":"a","ports":[{"name":"x","port":1},{"name":"y","port":2}]}"""))).Succeeds(201);

        var applied = (await ApplyAsync("a", Widget("a", """{"image":"i","ports":[{"name":"y","port":2}]}"""))).Succeeds();

        JsonEqual("""{"image":"i","replicas":1,"ports":[{"name":"y","port":2,"protocol":"TCP"}]}""", applied.Body["spec"]);
    }

    [Theory, BothServers]
    public async Task Two_managers_share_a_map_list(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","ports":[{"name":"x","port":1}]}"""))).Succeeds(201);

        var applied = (await ApplyAsync("a", Widget("a", """{"image":"i","ports":[{"name":"y","port":2}]}"""), "?fieldManager=m2")).Succeeds();

        JsonEqual("""[{"name":"x","port":1,"protocol":"TCP"},{"name":"y","port":2,"protocol":"TCP"}]""", applied.Body["spec"]!["ports"]);
    }

    [Theory, BothServers]
    public async Task The_status_is_applied_by_its_subresource(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a"))).Succeeds(201);

        var applied = (await ApplyAsync("a/status", $$$"""{"apiVersion":"{{{Cluster.ApiVersion}}}","kind":"Widget","metadata":{"name":"a"},"status":{"phase":"x"}}""", "?fieldManager=m1")).Succeeds();

        Assert.Equal("x", (string?)applied.Body["status"]!["phase"]);
        Assert.Equal("i", (string?)applied.Body["spec"]!["image"]);
        (await ApplyAsync("b/status", Widget("b"), "?fieldManager=m1")).Refuses(404, "NotFound", $"{Resource} \"b\" not found");
    }

    [Theory, BothServers]
    public async Task What_does_not_fit_is_refused(ServerKind server)
    {
        await UseAsync(server);

        (await ApplyAsync("a", Widget("b"))).Refuses(400, "BadRequest", "the name of the object (b) does not match the name on the URL (a)");
        (await ApplyAsync("a", Widget("a", metadata: ",\"managedFields\":[{}]"))).Refuses(400, "BadRequest", "metadata.managedFields must be nil");
        (await ApplyAsync("a", Widget("a", """{"image":"i","replicas":30}"""))).Refuses(
            422, "Invalid", $"{Kind} \"a\" is invalid: spec.replicas: Invalid value: 30: spec.replicas in body should be less than or equal to 10");
    }

    [Theory, BothServers]
    public async Task What_is_applied_may_be_YAML(ServerKind server)
    {
        await UseAsync(server);

        var applied = await ApplyAsync("a", $"apiVersion: {Cluster.ApiVersion}\nkind: Widget\nmetadata:\n  name: a\nspec:\n  image: i\n  ports:\n  - name: x\n    port: 80\n");

        applied.Succeeds(201).Has("spec.ports", """[{"name":"x","port":80,"protocol":"TCP"}]""");
        JsonEqual("""{"f:spec":{"f:image":{},"f:ports":{"k:{\"name\":\"x\"}":{".":{},"f:name":{},"f:port":{}}}}}""", applied.FieldsOf("m1"));
    }
}
