using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

public sealed class ApplyTests
{
    [Theory, OnBothServers]
    public async Task An_apply_of_an_absent_object_creates_it(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var answer = (await ApplyAsync(widgets, name, "\"replicas\": 3", "one")).Is(201);

        answer.Has("spec", """{ "image": "nginx", "replicas": 3 }""")
            .Has("metadata.managedFields.0.manager", "\"one\"")
            .Has("metadata.managedFields.0.operation", "\"Apply\"")
            .Has("metadata.managedFields.0.fieldsV1", """{ "f:spec": { "f:image": {}, "f:replicas": {} } }""");
    }

    [Theory, OnBothServers]
    public async Task The_same_apply_again_changes_nothing(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var first = (await ApplyAsync(widgets, name, "\"replicas\": 3", "one")).Is(201);

        var second = (await ApplyAsync(widgets, name, "\"replicas\": 3", "one")).Is(200);

        Assert.Equal(first.ResourceVersion, second.ResourceVersion);
    }

    [Theory, OnBothServers]
    public async Task A_field_of_another_applier_is_a_conflict_that_names_it(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        (await ApplyAsync(widgets, name, "\"replicas\": 3", "one")).Is(201);

        var answer = await ApplyAsync(widgets, name, "\"replicas\": 4", "two");

        answer.IsFailure(409, "Conflict", "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas")
            .Has("details.causes", """[{ "reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".spec.replicas" }]""");
    }

    [Theory, OnBothServers]
    public async Task A_field_of_an_updater_is_a_conflict_that_tells_its_version(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        (await widgets.Server.PostAsync(widgets.Path + "?fieldManager=editor", widgets.Json(name, "\"replicas\": 3, \"mode\": \"fast\""))).Is(201);

        var answer = await ApplyAsync(widgets, name, "\"replicas\": 4, \"mode\": \"slow\"", "two");

        answer.Is(409);
        Assert.Matches(
            $"^Apply failed with 2 conflicts: conflicts with \"editor\" using {widgets.Group}/v1( at [0-9TZ:-]+)?:\n- .spec.mode\n- .spec.replicas$",
            answer.Message);
    }

    [Theory, OnBothServers]
    public async Task Force_takes_the_field(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        (await ApplyAsync(widgets, name, "\"replicas\": 3", "one")).Is(201);

        var answer = (await ApplyAsync(widgets, name, "\"replicas\": 4", "two", force: true)).Is(200);

        answer.Has("spec.replicas", "4");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{ "f:spec": { "f:image": {} } }"""), FieldsOf(answer, "one")));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{ "f:spec": { "f:image": {}, "f:replicas": {} } }"""), FieldsOf(answer, "two")));
    }

    [Theory, OnBothServers]
    public async Task A_field_that_its_only_applier_leaves_out_is_removed(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        (await ApplyAsync(widgets, name, "\"mode\": \"fast\", \"ports\": [1, 2]", "one")).Is(201);

        var answer = (await ApplyAsync(widgets, name, "\"ports\": [1]", "one")).Is(200);

        answer.Has("spec", """{ "image": "nginx", "ports": [1], "replicas": 2 }""");
    }

    [Theory, OnBothServers]
    public async Task A_shared_field_stays_when_one_applier_leaves_it_out(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        (await ApplyAsync(widgets, name, "\"mode\": \"fast\"", "one")).Is(201);
        (await ApplyAsync(widgets, name, "\"mode\": \"fast\"", "two")).Is(200);

        var answer = (await ApplyAsync(widgets, name, null, "one")).Is(200);

        answer.Has("spec.mode", "\"fast\"");
    }

    [Theory, OnBothServers]
    public async Task Items_of_a_map_list_belong_to_their_appliers(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        (await ApplyAsync(widgets, name, "\"env\": [{ \"name\": \"A\", \"value\": \"1\" }]", "one")).Is(201);
        (await ApplyAsync(widgets, name, "\"env\": [{ \"name\": \"B\", \"value\": \"2\" }]", "two")).Is(200);

        var both = (await widgets.Server.GetAsync(widgets.Of(name))).Is(200);
        var answer = (await ApplyAsync(widgets, name, null, "one")).Is(200);

        both.Has("spec.env", """[{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }]""");
        answer.Has("spec.env", """[{ "name": "B", "value": "2" }]""");
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{ "f:spec": { "f:env": { "k:{\"name\":\"B\"}": { ".": {}, "f:name": {}, "f:value": {} } }, "f:image": {} } }"""),
            FieldsOf(answer, "two")));
    }

    [Theory, OnBothServers]
    public async Task Values_of_a_set_belong_to_their_appliers(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        (await ApplyAsync(widgets, name, "\"tags\": [\"a\", \"b\"]", "one")).Is(201);

        var answer = (await ApplyAsync(widgets, name, "\"tags\": [\"b\", \"c\"]", "two")).Is(200);
        var less = (await ApplyAsync(widgets, name, "\"tags\": [\"a\"]", "one")).Is(200);

        answer.Has("spec.tags", """["a", "b", "c"]""");
        less.Has("spec.tags", """["a", "b", "c"]""");
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{ "f:spec": { "f:image": {}, "f:tags": { "v:\"b\"": {}, "v:\"c\"": {} } } }"""),
            FieldsOf(less, "two")));
    }

    [Theory, OnBothServers]
    public async Task An_apply_needs_a_field_manager(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var answer = await widgets.Server.PatchAsync(widgets.Of(name), widgets.Json(name), ContractServer.ApplyPatch);

        answer.IsFailure(422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
    }

    [Theory, OnBothServers]
    public async Task An_apply_may_be_YAML(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var yaml = $"apiVersion: {widgets.Group}/v1\nkind: Widget\nmetadata:\n  name: {name}\nspec:\n  image: nginx\n  ports: [80]\n";

        var answer = (await widgets.Server.PatchAsync(widgets.Of(name) + "?fieldManager=one", yaml, ContractServer.ApplyPatch)).Is(201);

        answer.Has("spec.ports", "[80]");
    }

    [Theory, OnBothServers]
    public async Task The_status_is_applied_through_its_subresource(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);
        var body = $$"""
            { "apiVersion": "{{widgets.Group}}/v1", "kind": "Widget", "metadata": { "name": "{{name}}" },
              "status": { "conditions": [{ "type": "Ready", "status": "True" }] } }
            """;

        var answer = (await widgets.Server.PatchAsync(widgets.Of(name, "status") + "?fieldManager=one", body, ContractServer.ApplyPatch)).Is(200);

        answer.Has("status", """{ "conditions": [{ "type": "Ready", "status": "True" }] }""");
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{ "f:status": { "f:conditions": { "k:{\"type\":\"Ready\"}": { ".": {}, "f:status": {}, "f:type": {} } } } }"""),
            FieldsOf(answer, "one")));
    }

    [Theory, OnBothServers]
    public async Task A_merge_patch_takes_what_it_changes_from_the_applier(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        (await ApplyAsync(widgets, name, "\"replicas\": 3", "one")).Is(201);

        var answer = (await widgets.Server.PatchAsync(widgets.Of(name) + "?fieldManager=two", """{ "spec": { "replicas": 4 } }""", ContractServer.MergePatch)).Is(200);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{ "f:spec": { "f:image": {} } }"""), FieldsOf(answer, "one")));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{ "f:spec": { "f:replicas": {} } }"""), FieldsOf(answer, "two")));
    }

    private static Task<Answer> ApplyAsync(Widgets widgets, string name, string? more, string manager, bool force = false) =>
        widgets.Server.PatchAsync($"{widgets.Of(name)}?fieldManager={manager}{(force ? "&force=true" : "")}", widgets.Json(name, more), ContractServer.ApplyPatch);

    private static JsonNode? FieldsOf(Answer answer, string manager) =>
        answer.At("metadata.managedFields")!.AsArray().Single(m => m!["manager"]!.GetValue<string>() == manager)!["fieldsV1"];
}
