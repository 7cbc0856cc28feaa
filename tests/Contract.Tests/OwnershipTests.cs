namespace CrMonitor.Contract.Tests;

/// <summary>Which manager owns which field (<c>metadata.managedFields</c>), and what follows from it.</summary>
public sealed class OwnershipTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_created_object_belongs_to_the_manager_that_the_request_names(ServerKind server)
    {
        await UseAsync(server);

        var created = (await CreateAsync(Widget("a"), "?fieldManager=me")).Succeeds(201);

        var entry = created.Metadata["managedFields"]!.AsArray().Single()!.AsObject();
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", (string?)entry["time"]);
        entry.Remove("time");
        JsonEqual(
            $$$"""
            {
              "manager": "me", "operation": "Update", "apiVersion": "{{{Cluster.ApiVersion}}}", "fieldsType": "FieldsV1",
              "fieldsV1": {"f:spec": {".": {}, "f:image": {}, "f:replicas": {} } }
            }
            """,
            entry);
    }

    [Theory, BothServers]
    public async Task Who_wrote_which_field_is_kept(ServerKind server)
    {
        await UseAsync(server);

        var created = await GivenAsync("a", """{"image":"i"}""", ""","labels":{"k":"v"}""");
        var patched = (await MergeAsync("a", """{"spec":{"replicas":2}}""", "?fieldManager=other")).Succeeds();

        static string Fields(Answer answer) => string.Join(
            "; ", answer.Metadata["managedFields"]!.AsArray().Select(
                static m => $"{m!["manager"]} {m["operation"]} {m["fieldsV1"]!.ToJsonString()}"));
        Assert.Equal(
            """contract Update {"f:metadata":{"f:labels":{".":{},"f:k":{}}},"f:spec":{".":{},"f:image":{},"f:replicas":{}}}""", Fields(created));
        Assert.Equal(
            """contract Update {"f:metadata":{"f:labels":{".":{},"f:k":{}}},"f:spec":{".":{},"f:image":{}}}; other Update {"f:spec":{"f:replicas":{}}}""",
            Fields(patched));
    }

    [Theory, BothServers]
    public async Task A_field_of_another_applier_is_a_conflict_that_names_it(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","replicas":3}"""), "?fieldManager=one")).Succeeds(201);

        var answer = await ApplyAsync("a", Widget("a", """{"image":"i","replicas":4}"""), "?fieldManager=two");

        answer.Refuses(409, "Conflict", "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas");
        JsonEqual(
            """[{"reason":"FieldManagerConflict","message":"conflict with \"one\"","field":".spec.replicas"}]""", answer.Body["details"]!["causes"]);
    }

    [Theory, BothServers]
    public async Task Conflicts_with_an_updater_are_told_together_and_with_its_version(ServerKind server)
    {
        await UseAsync(server);
        (await CreateAsync(Widget("a", """{"image":"i","replicas":3,"mode":"a"}"""), "?fieldManager=editor")).Succeeds(201);

        var answer = await ApplyAsync("a", Widget("a", """{"image":"i","replicas":4,"mode":"b"}"""), "?fieldManager=two");

        answer.Refuses(
            409, "Conflict", $"Apply failed with 2 conflicts: conflicts with \"editor\" using {Cluster.ApiVersion}:\n- .spec.mode\n- .spec.replicas");
    }

    [Theory, BothServers]
    public async Task Conflicts_with_several_managers_are_told_by_manager(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","replicas":3,"mode":"a"}"""), "?fieldManager=one")).Succeeds(201);
        (await MergeAsync("a", """{"spec":{"code":"x"}}""", "?fieldManager=editor")).Succeeds();

        var answer = await ApplyAsync("a", Widget("a", """{"image":"i","replicas":4,"mode":"b","code":"y"}"""), "?fieldManager=two");

        answer.Refuses(
            409,
            "Conflict",
            $"Apply failed with 3 conflicts: conflicts with \"editor\" using {Cluster.ApiVersion}:\n- .spec.code\nconflicts with \"one\":\n- .spec.mode\n- .spec.replicas");
    }

    [Theory, BothServers]
    public async Task Force_takes_the_field_from_its_owner(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","replicas":3}"""), "?fieldManager=one")).Succeeds(201);

        var forced = (await ApplyAsync("a", Widget("a", """{"image":"i","replicas":4}"""), "?fieldManager=two&force=true")).Succeeds();

        Assert.Equal(4, (int?)forced.Body["spec"]!["replicas"]);
        JsonEqual("""{"f:spec":{"f:image":{}}}""", forced.FieldsOf("one"));
        JsonEqual("""{"f:spec":{"f:image":{},"f:replicas":{}}}""", forced.FieldsOf("two"));
    }

    [Theory, BothServers]
    public async Task A_merge_patch_takes_what_it_changes_from_the_applier(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","replicas":3}"""), "?fieldManager=one")).Succeeds(201);

        var patched = (await MergeAsync("a", """{"spec":{"replicas":4}}""", "?fieldManager=two")).Succeeds();

        JsonEqual("""{"f:spec":{"f:image":{}}}""", patched.FieldsOf("one"));
        JsonEqual("""{"f:spec":{"f:replicas":{}}}""", patched.FieldsOf("two"));
    }

    [Theory, BothServers]
    public async Task A_field_of_two_appliers_stays_when_one_leaves_it_out(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","mode":"a"}"""), "?fieldManager=one")).Succeeds(201);
        (await ApplyAsync("a", Widget("a", """{"image":"i","mode":"a"}"""), "?fieldManager=two")).Succeeds();

        var applied = (await ApplyAsync("a", Widget("a"), "?fieldManager=one")).Succeeds();

        Assert.Equal("a", (string?)applied.Body["spec"]!["mode"]);
        JsonEqual("""{"f:spec":{"f:image":{}}}""", applied.FieldsOf("one"));
        JsonEqual("""{"f:spec":{"f:image":{},"f:mode":{}}}""", applied.FieldsOf("two"));
    }

    [Theory, BothServers]
    public async Task Items_of_a_map_list_belong_to_their_appliers(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","env":[{"name":"A","value":"1"}]}"""), "?fieldManager=one")).Succeeds(201);
        (await ApplyAsync("a", Widget("a", """{"image":"i","env":[{"name":"B","value":"2"}]}"""), "?fieldManager=two")).Succeeds();

        var both = (await GetAsync($"{Collection}/a")).Succeeds();
        var less = (await ApplyAsync("a", Widget("a"), "?fieldManager=one")).Succeeds();

        JsonEqual("""[{"name":"A","value":"1"},{"name":"B","value":"2"}]""", both.Body["spec"]!["env"]);
        JsonEqual("""[{"name":"B","value":"2"}]""", less.Body["spec"]!["env"]);
        JsonEqual("""{"f:spec":{"f:env":{"k:{\"name\":\"B\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{}}}""", less.FieldsOf("two"));
    }

    [Theory, BothServers]
    public async Task Values_of_a_set_belong_to_their_appliers(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","tags":["a","b"]}"""), "?fieldManager=one")).Succeeds(201);

        var more = (await ApplyAsync("a", Widget("a", """{"image":"i","tags":["b","c"]}"""), "?fieldManager=two")).Succeeds();
        var less = (await ApplyAsync("a", Widget("a", """{"image":"i","tags":["a"]}"""), "?fieldManager=one")).Succeeds();

        JsonEqual("""["a","b","c"]""", more.Body["spec"]!["tags"]);
        JsonEqual("""["a","b","c"]""", less.Body["spec"]!["tags"]);
        JsonEqual("""{"f:spec":{"f:image":{},"f:tags":{"v:\"b\"":{},"v:\"c\"":{}}}}""", less.FieldsOf("two"));
    }

    [Theory, BothServers]
    public async Task A_list_without_keys_belongs_to_one_manager_as_a_whole(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","args":["x","y"]}"""), "?fieldManager=one")).Succeeds(201);

        var shorter = (await ApplyAsync("a", Widget("a", """{"image":"i","args":["x"]}"""), "?fieldManager=one")).Succeeds();
        var conflict = await ApplyAsync("a", Widget("a", """{"image":"i","args":["x","z"]}"""), "?fieldManager=two");

        JsonEqual("""["x"]""", shorter.Body["spec"]!["args"]);
        JsonEqual("""{"f:spec":{"f:args":{},"f:image":{}}}""", shorter.FieldsOf("one"));
        conflict.Refuses(409, "Conflict", "Apply failed with 1 conflict: conflict with \"one\": .spec.args");
    }

    [Theory, BothServers]
    public async Task Keys_of_a_map_belong_to_their_appliers(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","settings":{"a":"1"}}"""), "?fieldManager=one")).Succeeds(201);
        (await ApplyAsync("a", Widget("a", """{"image":"i","settings":{"b":"2"}}"""), "?fieldManager=two")).Succeeds();

        var less = (await ApplyAsync("a", Widget("a"), "?fieldManager=one")).Succeeds();

        JsonEqual("""{"b":"2"}""", less.Body["spec"]!["settings"]);
        JsonEqual("""{"f:spec":{"f:image":{},"f:settings":{"f:b":{}}}}""", less.FieldsOf("two"));
    }

    [Theory, BothServers]
    public async Task Conditions_of_the_status_belong_to_their_applier(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        var applied = (await ApplyAsync(
            "a/status",
            $$$"""{"apiVersion":"{{{Cluster.ApiVersion}}}","kind":"Widget","metadata":{"name":"a"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}""",
            "?fieldManager=one")).Succeeds();

        JsonEqual("""{"conditions":[{"type":"Ready","status":"True"}]}""", applied.Body["status"]);
        JsonEqual("""{"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:status":{},"f:type":{}}}}}""", applied.FieldsOf("one"));
        Assert.Equal(
            "status", (string?)applied.Metadata["managedFields"]!.AsArray().Single(static m => (string?)m!["manager"] == "one")!["subresource"]);
    }

    [Theory, BothServers]
    public async Task Labels_belong_to_their_appliers(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", metadata: ""","labels":{"x":"1"}"""), "?fieldManager=one")).Succeeds(201);
        (await ApplyAsync("a", Widget("a", metadata: ""","labels":{"y":"2"},"annotations":{"z":"3"}"""), "?fieldManager=two")).Succeeds();

        var less = (await ApplyAsync("a", Widget("a"), "?fieldManager=one")).Succeeds();

        less.Has("metadata.labels", """{"y":"2"}""").Has("metadata.annotations", """{"z":"3"}""");
        JsonEqual("""{"f:metadata":{"f:annotations":{"f:z":{}},"f:labels":{"f:y":{}}},"f:spec":{"f:image":{}}}""", less.FieldsOf("two"));
    }

    [Theory, BothServers]
    public async Task A_field_that_another_took_over_stays_when_its_first_applier_leaves_it_out(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","mode":"a"}"""), "?fieldManager=one")).Succeeds(201);
        (await MergeAsync("a", """{"spec":{"mode":"b"}}""", "?fieldManager=two")).Succeeds();

        var applied = (await ApplyAsync("a", Widget("a"), "?fieldManager=one")).Succeeds();

        Assert.Equal("b", (string?)applied.Body["spec"]!["mode"]);
    }

    [Theory, BothServers]
    public async Task A_manager_that_applies_and_updates_is_two(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a"), "?fieldManager=one")).Succeeds(201);

        var patched = (await MergeAsync("a", """{"spec":{"replicas":2}}""", "?fieldManager=one")).Succeeds();

        Assert.Equal(
            ["""one Apply {"f:spec":{"f:image":{}}}""", """one Update {"f:spec":{"f:replicas":{}}}"""],
            patched.Metadata["managedFields"]!.AsArray().Select(static m => $"{m!["manager"]} {m["operation"]} {m["fieldsV1"]!.ToJsonString()}"));
        (await ApplyAsync("a", Widget("a", """{"image":"i","replicas":3}"""), "?fieldManager=one")).Refuses(
            409, "Conflict", $"Apply failed with 1 conflict: conflict with \"one\" using {Cluster.ApiVersion}: .spec.replicas");
    }

    [Theory, BothServers]
    public async Task An_item_that_its_applier_leaves_out_stays_for_who_has_a_field_of_it(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","env":[{"name":"A","value":"1"}]}"""), "?fieldManager=one")).Succeeds(201);
        (await ApplyAsync("a", Widget("a", """{"image":"i","env":[{"name":"A"}]}"""), "?fieldManager=two")).Succeeds();

        var less = (await ApplyAsync("a", Widget("a"), "?fieldManager=one")).Succeeds();

        less.Has("spec.env", """[{"name":"A"}]""");
        JsonEqual("""{"f:spec":{"f:env":{"k:{\"name\":\"A\"}":{".":{},"f:name":{}}},"f:image":{}}}""", less.FieldsOf("two"));
    }

    [Theory, BothServers]
    public async Task Owners_can_be_forgotten_and_what_is_there_then_belongs_to_before_first_apply(ServerKind server)
    {
        await UseAsync(server);
        (await ApplyAsync("a", Widget("a", """{"image":"i","mode":"a"}"""), "?fieldManager=one")).Succeeds(201);

        var forgotten = (await MergeAsync("a", """{"metadata":{"managedFields":[{}]}}""")).Succeeds();
        var conflict = await ApplyAsync("a", Widget("a", """{"image":"i","mode":"b"}"""), "?fieldManager=one");
        var applied = (await ApplyAsync("a", Widget("a", """{"image":"i","mode":"b"}"""), "?fieldManager=one&force=true")).Succeeds();

        forgotten.Has("metadata.managedFields", null);
        conflict.Refuses(
            409, "Conflict", $"Apply failed with 1 conflict: conflict with \"before-first-apply\" using {Cluster.ApiVersion}: .spec.mode");
        JsonEqual("""{"f:spec":{"f:image":{},"f:mode":{}}}""", applied.FieldsOf("one"));
    }

    [Theory, BothServers]
    public async Task The_oldest_of_many_updaters_are_remembered_together(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        Answer? last = null;
        for (var i = 1; i <= 12; i++)
        {
            last = (await MergeAsync("a", $$$"""{"spec":{"settings":{"k{{{i}}}":"v"} } }""", $"?fieldManager=m{i:00}")).Succeeds();
        }

        string[] managers = [.. last!.Metadata["managedFields"]!.AsArray().Select(static m => (string)m!["manager"]!)];
        Assert.Equal(10, managers.Length);
        Assert.Single(managers, "ancient-changes");
    }
}
