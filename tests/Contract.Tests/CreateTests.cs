namespace CrMonitor.Contract.Tests;

public sealed class CreateTests
{
    [Theory, OnBothServers]
    public async Task A_created_object_gets_its_system_fields(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var created = await widgets.CreateAsync(name);

        created.Has("metadata.name", $"\"{name}\"").Has("metadata.namespace", "\"default\"").Has("metadata.generation", "1").Has("status", null);
        Assert.True(Guid.TryParse(created.At("metadata.uid")!.GetValue<string>(), out _));
        Assert.Matches("^[1-9][0-9]*$", created.ResourceVersion);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", created.At("metadata.creationTimestamp")!.GetValue<string>());
    }

    [Theory, OnBothServers]
    public async Task Defaults_of_the_schema_are_filled_in(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var created = await widgets.CreateAsync(Widgets.NewName());

        created.Has("spec", """{ "image": "nginx", "replicas": 2 }""");
    }

    [Theory, OnBothServers]
    public async Task A_name_that_is_taken_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var second = await widgets.Server.PostAsync(widgets.Path, widgets.Json(name));

        second.IsFailure(409, "AlreadyExists", $"{widgets.Resource} \"{name}\" already exists")
            .Has("details", $$"""{ "name": "{{name}}", "group": "{{widgets.Group}}", "kind": "widgets" }""");
    }

    [Theory, OnBothServers]
    public async Task GenerateName_gets_a_random_suffix(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var body = $$"""{ "apiVersion": "{{widgets.Group}}/v1", "kind": "Widget", "metadata": { "generateName": "gen-" }, "spec": { "image": "nginx" } }""";

        var created = (await widgets.Server.PostAsync(widgets.Path, body)).Is(201);

        Assert.Matches("^gen-[a-z0-9]{5}$", created.At("metadata.name")!.GetValue<string>());
    }

    [Theory, OnBothServers]
    public async Task A_missing_name_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var body = $$"""{ "apiVersion": "{{widgets.Group}}/v1", "kind": "Widget", "metadata": {}, "spec": { "image": "nginx" } }""";

        var answer = await widgets.Server.PostAsync(widgets.Path, body);

        answer.IsFailure(422, "Invalid", $"Widget.{widgets.Group} \"\" is invalid: metadata.name: Required value: name or generateName is required");
    }

    [Theory, OnBothServers]
    public async Task A_name_that_is_no_DNS_subdomain_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.PostAsync(widgets.Path, widgets.Json("Bad_Name"));

        answer.IsFailure(
            422,
            "Invalid",
            $"Widget.{widgets.Group} \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
            + "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
            + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
    }

    [Theory, OnBothServers]
    public async Task A_label_value_that_is_malformed_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var answer = await widgets.Server.PostAsync(widgets.Path, widgets.Json(name, metadata: "\"labels\": { \"a\": \"not ok!\" }"));

        answer.Is(422);
        Assert.StartsWith($"Widget.{widgets.Group} \"{name}\" is invalid: metadata.labels: Invalid value: \"not ok!\": a valid label must be an empty string or consist of", answer.Message, StringComparison.Ordinal);
    }

    [Theory, OnBothServers]
    public async Task A_resourceVersion_on_create_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.PostAsync(widgets.Path, widgets.Json(Widgets.NewName(), metadata: "\"resourceVersion\": \"1\""));

        answer.Is(500).Has("message", "\"resourceVersion should not be set on objects to be created\"").Has("reason", null);
    }

    [Theory, OnBothServers]
    public async Task A_body_of_another_kind_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var body = widgets.Json(Widgets.NewName()).Replace("\"Widget\"", "\"Gadget\"", StringComparison.Ordinal);

        var answer = await widgets.Server.PostAsync(widgets.Path, body);

        answer.Is(422).Has("reason", "\"Invalid\"").Has("details.causes.0.message", "\"Invalid value: \\\"Gadget\\\": must be Widget\"");
    }

    [Theory, OnBothServers]
    public async Task A_namespace_other_than_the_paths_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.PostAsync(widgets.Path, widgets.Json(Widgets.NewName(), metadata: "\"namespace\": \"other\""));

        answer.IsFailure(400, "BadRequest", "the namespace of the provided object does not match the namespace sent on the request");
    }

    [Theory, OnBothServers]
    public async Task A_body_that_is_no_JSON_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.PostAsync(widgets.Path, "{ \"apiVersion\": ");

        answer.Is(400);
        Assert.Equal("BadRequest", answer.Reason);
    }

    [Theory, OnBothServers]
    public async Task A_media_type_that_no_object_has_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.PostAsync(widgets.Path, widgets.Json(Widgets.NewName()), "text/plain");

        answer.Is(415);
        Assert.Equal("UnsupportedMediaType", answer.Reason);
    }

    [Theory, OnBothServers]
    public async Task A_dry_run_answers_the_object_and_keeps_nothing(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var answer = (await widgets.Server.PostAsync(widgets.Path + "?dryRun=All", widgets.Json(name))).Is(201);

        answer.Has("spec.replicas", "2").Has("metadata.resourceVersion", null);
        (await widgets.Server.GetAsync(widgets.Of(name))).Is(404);
    }

    [Theory, OnBothServers]
    public async Task A_created_object_names_its_field_manager(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = (await widgets.Server.PostAsync(widgets.Path + "?fieldManager=me", widgets.Json(Widgets.NewName()))).Is(201);

        answer.Has("metadata.managedFields.0.manager", "\"me\"")
            .Has("metadata.managedFields.0.operation", "\"Update\"")
            .Has("metadata.managedFields.0.apiVersion", $"\"{widgets.Group}/v1\"")
            .Has("metadata.managedFields.0.fieldsType", "\"FieldsV1\"")
            .Has("metadata.managedFields.0.fieldsV1", """{ "f:spec": { ".": {}, "f:image": {}, "f:replicas": {} } }""");
    }
}
