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

        var applied = await ApplyAsync(
            "a", $"apiVersion: {Cluster.ApiVersion}\nkind: Widget\nmetadata:\n  name: a\nspec:\n  image: i\n  ports:\n  - name: x\n    port: 80\n");

        applied.Succeeds(201).Has("spec.ports", """[{"name":"x","port":80,"protocol":"TCP"}]""");
        JsonEqual("""{"f:spec":{"f:image":{},"f:ports":{"k:{\"name\":\"x\"}":{".":{},"f:name":{},"f:port":{}}}}}""", applied.FieldsOf("m1"));
    }

    [Theory, BothServers]
    public async Task What_does_not_fit_the_schema_cannot_be_applied(ServerKind server)
    {
        await UseAsync(server);
        var failed = $"failed to create typed patch object (/a; {Cluster.ApiVersion}, Kind=Widget): ";

        foreach (var (spec, why) in (IEnumerable<(string, string)>)
            [
                ("""{"image":"i","foo":1}""", ".spec.foo: field not declared in schema"),
                ("""{"image":"i","replicas":"x"}""", ".spec.replicas: expected numeric (int or float), got string"),
                ("""{"image":"i","args":"x"}""", ".spec.args: expected list, got &{x}"),
                ("""{"image":"i","env":[{"name":"A"},{"name":"A"}]}""", ".spec.env: duplicate entries for key [name=\"A\"]"),
                ("""{"image":"i","env":[{"value":"1"}]}""", ".spec.env: element 0: associative list with keys has an element that omits all key fields [\"name\"] (and doesn't have default values for any key fields)"),
                ("""{"image":"i","tags":["a","a"]}""", ".spec.tags: duplicate entries for key [=\"a\"]"),
            ])
        {
            (await ApplyAsync("a", Widget("a", spec))).Refuses(500, "", failed + why);
        }
    }

    [Theory, BothServers]
    public async Task An_apply_may_name_the_version_that_it_is_for(ServerKind server)
    {
        await UseAsync(server);
        var first = (await ApplyAsync("a", Widget("a"))).Succeeds(201);
        var second = (await ApplyAsync("a", Widget("a", """{"image":"j"}""", $",\"resourceVersion\":\"{first.Version}\""))).Succeeds();

        (await ApplyAsync("a", Widget("a", """{"image":"k"}""", $",\"resourceVersion\":\"{first.Version}\""))).Refuses(
            409, "Conflict", $"Operation cannot be fulfilled on {Resource} \"a\": the object has been modified; please apply your changes to the latest version and try again");

        Assert.Equal(second.Version, (await GetAsync($"{Collection}/a")).Version);
    }

    [Theory, BothServers]
    public async Task An_apply_with_a_uid_creates_nothing(ServerKind server)
    {
        await UseAsync(server);

        (await ApplyAsync("a", Widget("a", metadata: ",\"uid\":\"u\""))).Refuses(
            409, "Conflict", $"Operation cannot be fulfilled on {Resource} \"a\": uid mismatch: the provided object specified uid u, and no existing object was found");

        (await GetAsync($"{Collection}/a")).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
    }

    [Theory, BothServers]
    public async Task A_dry_run_of_an_apply_stores_nothing(ServerKind server)
    {
        await UseAsync(server);

        (await ApplyAsync("a", Widget("a"), "?fieldManager=m1&dryRun=All")).Succeeds(201);

        (await GetAsync($"{Collection}/a")).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
        var first = await GivenAsync("a");
        Assert.Equal("j", (string?)(await ApplyAsync("a", Widget("a", """{"image":"j"}"""), "?fieldManager=m1&force=true&dryRun=All")).Succeeds().Body["spec"]!["image"]);
        JsonEqual(first.Body.ToJsonString(), (await GetAsync($"{Collection}/a")).Body);
    }

    [Theory, BothServers]
    public async Task The_status_is_not_applied_by_the_main_resource(ServerKind server)
    {
        await UseAsync(server);

        var applied = (await ApplyAsync("a", Widget("a", rest: ""","status":{"phase":"x"}"""))).Succeeds(201);

        applied.Has("status", null);
        JsonEqual("""{"f:spec":{"f:image":{}}}""", applied.FieldsOf("m1"));
    }
}
