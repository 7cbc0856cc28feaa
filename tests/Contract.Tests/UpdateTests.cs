namespace CrMonitor.Contract.Tests;

public sealed class UpdateTests
{
    [Theory, OnBothServers]
    public async Task An_update_of_the_spec_raises_generation_and_resourceVersion(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var updated = (await widgets.Server.PutAsync(widgets.Of(name), Widgets.Changed(created, o => o["spec"]!["replicas"] = 3))).Is(200);

        updated.Has("metadata.generation", "2").Has("spec.replicas", "3");
        Assert.True(long.Parse(updated.ResourceVersion) > long.Parse(created.ResourceVersion));
    }

    [Theory, OnBothServers]
    public async Task An_update_of_labels_alone_leaves_the_generation(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var updated = (await widgets.Server.PutAsync(widgets.Of(name), Widgets.Changed(created, o => o["metadata"]!["labels"] = new System.Text.Json.Nodes.JsonObject { ["a"] = "b" }))).Is(200);

        updated.Has("metadata.generation", "1").Has("metadata.labels", """{ "a": "b" }""");
    }

    [Theory, OnBothServers]
    public async Task An_update_from_an_old_version_is_a_conflict(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);
        (await widgets.Server.PutAsync(widgets.Of(name), Widgets.Changed(created, o => o["spec"]!["replicas"] = 3))).Is(200);

        var stale = await widgets.Server.PutAsync(widgets.Of(name), Widgets.Changed(created, o => o["spec"]!["replicas"] = 4));

        stale.IsFailure(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {widgets.Resource} \"{name}\": the object has been modified; please apply your changes to the latest version and try again");
    }

    [Theory, OnBothServers]
    public async Task An_update_without_a_resourceVersion_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var answer = await widgets.Server.PutAsync(widgets.Of(name), widgets.Json(name));

        answer.IsFailure(
            422,
            "Invalid",
            $"{widgets.Resource} \"{name}\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update");
    }

    [Theory, OnBothServers]
    public async Task An_update_that_changes_nothing_leaves_the_resourceVersion(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var updated = (await widgets.Server.PutAsync(widgets.Of(name), created.Body.ToJsonString())).Is(200);

        Assert.Equal(created.ResourceVersion, updated.ResourceVersion);
    }

    [Theory, OnBothServers]
    public async Task An_update_of_an_absent_object_is_not_found(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var answer = await widgets.Server.PutAsync(widgets.Of(name), widgets.Json(name, metadata: "\"resourceVersion\": \"1\""));

        answer.IsFailure(404, "NotFound", $"{widgets.Resource} \"{name}\" not found");
    }

    [Theory, OnBothServers]
    public async Task A_name_other_than_the_paths_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var answer = await widgets.Server.PutAsync(widgets.Of(name), widgets.Json("other"));

        answer.IsFailure(400, "BadRequest", $"the name of the object (other) does not match the name on the URL ({name})");
    }

    [Theory, OnBothServers]
    public async Task The_main_resource_ignores_the_status(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var updated = (await widgets.Server.PutAsync(
            widgets.Of(name),
            Widgets.Changed(created, o => o["status"] = new System.Text.Json.Nodes.JsonObject { ["ready"] = true }))).Is(200);

        updated.Has("status", null);
        Assert.Equal(created.ResourceVersion, updated.ResourceVersion);
    }

    [Theory, OnBothServers]
    public async Task The_status_subresource_changes_the_status_alone(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var updated = (await widgets.Server.PutAsync(widgets.Of(name, "status"), Widgets.Changed(created, o =>
        {
            o["status"] = new System.Text.Json.Nodes.JsonObject { ["ready"] = true };
            o["spec"]!["replicas"] = 9;
        }))).Is(200);

        updated.Has("status", """{ "ready": true }""").Has("spec.replicas", "2").Has("metadata.generation", "1");
    }

    [Theory, OnBothServers]
    public async Task A_status_that_breaks_the_schema_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var answer = await widgets.Server.PutAsync(
            widgets.Of(name, "status"),
            Widgets.Changed(created, o => o["status"] = new System.Text.Json.Nodes.JsonObject { ["ready"] = "yes" }));

        answer.IsFailure(
            422,
            "Invalid",
            $"Widget.{widgets.Group} \"{name}\" is invalid: status.ready: Invalid value: \"string\": ready in body must be of type boolean: \"string\"");
    }

    [Theory, OnBothServers]
    public async Task System_fields_cannot_be_changed(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var updated = (await widgets.Server.PutAsync(widgets.Of(name), Widgets.Changed(created, o =>
        {
            o["metadata"]!["generation"] = 77;
            o["metadata"]!["creationTimestamp"] = "2001-01-01T00:00:00Z";
        }))).Is(200);

        updated.Has("metadata.generation", "1").Has("metadata.creationTimestamp", created.At("metadata.creationTimestamp")!.ToJsonString());
    }

    [Theory, OnBothServers]
    public async Task An_update_with_another_uid_is_a_conflict(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);
        var uid = Guid.NewGuid().ToString();

        var answer = await widgets.Server.PutAsync(widgets.Of(name), Widgets.Changed(created, o => o["metadata"]!["uid"] = uid));

        answer.Is(409).Has("reason", "\"Conflict\"");
        Assert.EndsWith($"Precondition failed: UID in precondition: {uid}, UID in object meta: {created.At("metadata.uid")}", answer.Message, StringComparison.Ordinal);
    }
}
