namespace CrMonitor.Contract.Tests;

public sealed class DeleteTests
{
    [Theory, OnBothServers]
    public async Task A_deletion_answers_a_status_with_the_uid(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var answer = (await widgets.Server.DeleteAsync(widgets.Of(name))).Is(200);

        answer.Has("kind", "\"Status\"").Has("status", "\"Success\"")
            .Has("details", $$"""{ "name": "{{name}}", "group": "{{widgets.Group}}", "kind": "widgets", "uid": {{created.At("metadata.uid")!.ToJsonString()}} }""");
        (await widgets.Server.GetAsync(widgets.Of(name))).Is(404);
    }

    [Theory, OnBothServers]
    public async Task An_absent_object_is_not_found(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.DeleteAsync(widgets.Of("nobody"));

        answer.IsFailure(404, "NotFound", $"{widgets.Resource} \"nobody\" not found");
    }

    [Theory, OnBothServers]
    public async Task An_object_with_a_finalizer_stays_until_the_finalizer_goes(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name, metadata: "\"finalizers\": [\"example.com/stay\"]");

        var deleted = (await widgets.Server.DeleteAsync(widgets.Of(name))).Is(200);
        var terminating = (await widgets.Server.GetAsync(widgets.Of(name))).Is(200);
        (await widgets.Server.PatchAsync(widgets.Of(name), """{ "metadata": { "finalizers": null } }""", ContractServer.MergePatch)).Is(200);

        deleted.Has("kind", "\"Widget\"").Has("metadata.deletionGracePeriodSeconds", "0").Has("metadata.generation", "2");
        Assert.NotNull(terminating.At("metadata.deletionTimestamp"));
        (await widgets.Server.GetAsync(widgets.Of(name))).Is(404);
    }

    [Theory, OnBothServers]
    public async Task A_second_deletion_of_a_terminating_object_changes_nothing(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name, metadata: "\"finalizers\": [\"example.com/stay\"]");
        var first = (await widgets.Server.DeleteAsync(widgets.Of(name))).Is(200);

        var second = (await widgets.Server.DeleteAsync(widgets.Of(name))).Is(200);

        Assert.Equal(first.ResourceVersion, second.ResourceVersion);
    }

    [Theory, OnBothServers]
    public async Task A_terminating_object_takes_no_new_finalizer(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name, metadata: "\"finalizers\": [\"example.com/stay\"]");
        (await widgets.Server.DeleteAsync(widgets.Of(name))).Is(200);

        var answer = await widgets.Server.PatchAsync(
            widgets.Of(name),
            """{ "metadata": { "finalizers": ["example.com/stay", "example.com/more"] } }""",
            ContractServer.MergePatch);

        answer.IsFailure(
            422,
            "Invalid",
            $"Widget.{widgets.Group} \"{name}\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
            + "found new finalizers []string{\"example.com/more\"}");
    }

    [Theory, OnBothServers]
    public async Task A_precondition_on_another_uid_is_a_conflict(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var answer = await widgets.Server.DeleteAsync(widgets.Of(name), """{ "preconditions": { "uid": "abc" } }""");

        answer.IsFailure(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on Widget.{widgets.Group} \"{name}\": the UID in the precondition (abc) does not match the UID in record "
            + $"({created.At("metadata.uid")}). The object might have been deleted and then recreated");
    }

    [Theory, OnBothServers]
    public async Task A_precondition_on_another_resourceVersion_is_a_conflict(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var answer = await widgets.Server.DeleteAsync(widgets.Of(name), """{ "preconditions": { "resourceVersion": "1" } }""");

        answer.IsFailure(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on Widget.{widgets.Group} \"{name}\": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record "
            + $"({created.ResourceVersion}). The object might have been modified");
    }

    [Theory, OnBothServers]
    public async Task A_collection_is_deleted_by_selector(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        string[] names = [Widgets.NewName(), Widgets.NewName(), Widgets.NewName()];
        var label = $"case-{names[0]}";
        await widgets.CreateAsync(names[0], metadata: $"\"labels\": {{ \"case\": \"{label}\" }}");
        await widgets.CreateAsync(names[1], metadata: $"\"labels\": {{ \"case\": \"{label}\" }}");
        await widgets.CreateAsync(names[2]);

        (await widgets.Server.DeleteAsync($"{widgets.Path}?labelSelector=case%3D{label}")).Is(200);

        (await widgets.Server.GetAsync(widgets.Of(names[0]))).Is(404);
        (await widgets.Server.GetAsync(widgets.Of(names[1]))).Is(404);
        (await widgets.Server.GetAsync(widgets.Of(names[2]))).Is(200);
    }
}
