using static CrMonitor.Contract.Tests.ContractServer;

namespace CrMonitor.Contract.Tests;

public sealed class PatchTests
{
    [Theory, OnBothServers]
    public async Task A_merge_patch_changes_what_it_names_and_null_removes(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name, "\"mode\": \"fast\", \"ports\": [1, 2]");

        var patched = (await widgets.Server.PatchAsync(widgets.Of(name), """{ "spec": { "replicas": 5, "mode": null, "ports": [3] } }""", MergePatch)).Is(200);

        patched.Has("spec", """{ "image": "nginx", "replicas": 5, "ports": [3] }""").Has("metadata.generation", "2");
    }

    [Theory, OnBothServers]
    public async Task A_merge_patch_with_an_old_resourceVersion_is_a_conflict(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var answer = await widgets.Server.PatchAsync(widgets.Of(name), """{ "metadata": { "resourceVersion": "1" }, "spec": { "replicas": 5 } }""", MergePatch);

        answer.IsFailure(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {widgets.Resource} \"{name}\": the object has been modified; please apply your changes to the latest version and try again");
    }

    [Theory, OnBothServers]
    public async Task A_merge_patch_that_breaks_the_schema_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var answer = await widgets.Server.PatchAsync(widgets.Of(name), """{ "spec": { "replicas": 30 } }""", MergePatch);

        answer.IsFailure(
            422,
            "Invalid",
            $"Widget.{widgets.Group} \"{name}\" is invalid: spec.replicas: Invalid value: 30: spec.replicas in body should be less than or equal to 10");
    }

    [Theory, OnBothServers]
    public async Task A_JSON_patch_adds_replaces_and_removes(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name, "\"mode\": \"fast\", \"ports\": [1, 2]");

        var patch = """
            [
              { "op": "test", "path": "/spec/mode", "value": "fast" },
              { "op": "replace", "path": "/spec/replicas", "value": 4 },
              { "op": "add", "path": "/spec/ports/-", "value": 3 },
              { "op": "remove", "path": "/spec/ports/0" },
              { "op": "remove", "path": "/spec/mode" }
            ]
            """;
        var patched = (await widgets.Server.PatchAsync(widgets.Of(name), patch, JsonPatch)).Is(200);

        patched.Has("spec", """{ "image": "nginx", "replicas": 4, "ports": [2, 3] }""");
    }

    [Theory, OnBothServers]
    public async Task A_JSON_patch_whose_test_fails_changes_nothing(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var answer = await widgets.Server.PatchAsync(
            widgets.Of(name),
            """[{ "op": "replace", "path": "/spec/replicas", "value": 4 }, { "op": "test", "path": "/spec/image", "value": "other" }]""",
            JsonPatch);

        answer.Is(422);
        Assert.Equal("Invalid", answer.Reason);
        (await widgets.Server.GetAsync(widgets.Of(name))).Is(200).Has("spec.replicas", "2");
    }

    [Theory, OnBothServers]
    public async Task A_JSON_patch_of_a_missing_path_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var answer = await widgets.Server.PatchAsync(widgets.Of(name), """[{ "op": "remove", "path": "/spec/nothing" }]""", JsonPatch);

        answer.Is(422);
        Assert.Equal("Invalid", answer.Reason);
    }

    [Theory, OnBothServers]
    public async Task A_strategic_merge_patch_of_a_custom_resource_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var answer = await widgets.Server.PatchAsync(widgets.Of(name), """{ "spec": { "replicas": 5 } }""", "application/strategic-merge-patch+json");

        answer.IsFailure(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
    }

    [Theory, OnBothServers]
    public async Task A_patch_of_an_absent_object_is_not_found(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var answer = await widgets.Server.PatchAsync(widgets.Of(name), """{ "spec": { "replicas": 5 } }""", MergePatch);

        answer.IsFailure(404, "NotFound", $"{widgets.Resource} \"{name}\" not found");
    }

    [Theory, OnBothServers]
    public async Task A_patch_that_changes_nothing_leaves_the_resourceVersion(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var patched = (await widgets.Server.PatchAsync(widgets.Of(name), """{ "spec": { "replicas": 2 } }""", MergePatch)).Is(200);

        Assert.Equal(created.ResourceVersion, patched.ResourceVersion);
    }

    [Theory, OnBothServers]
    public async Task A_merge_patch_of_the_status_subresource_changes_the_status_alone(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var patched = (await widgets.Server.PatchAsync(widgets.Of(name, "status"), """{ "spec": { "replicas": 5 }, "status": { "ready": true } }""", MergePatch)).Is(200);

        patched.Has("spec.replicas", "2").Has("status", """{ "ready": true }""").Has("metadata.generation", "1");
    }
}
