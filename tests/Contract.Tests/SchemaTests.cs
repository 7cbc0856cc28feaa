namespace CrMonitor.Contract.Tests;

public sealed class SchemaTests
{
    [Theory, OnBothServers]
    public async Task A_number_above_the_maximum_is_refused_with_its_path(ServerUnderTest under) =>
        await RefusedAsync(under, "\"replicas\": 30", "spec.replicas: Invalid value: 30: spec.replicas in body should be less than or equal to 10", "FieldValueInvalid", "spec.replicas");

    [Theory, OnBothServers]
    public async Task A_number_below_the_minimum_is_refused(ServerUnderTest under) =>
        await RefusedAsync(under, "\"replicas\": 0", "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1", "FieldValueInvalid", "spec.replicas");

    [Theory, OnBothServers]
    public async Task A_value_of_another_type_is_refused(ServerUnderTest under) =>
        await RefusedAsync(under, "\"replicas\": \"two\"", "spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\"", "FieldValueTypeInvalid", "spec.replicas");

    [Theory, OnBothServers]
    public async Task A_value_outside_the_enumeration_is_refused(ServerUnderTest under) =>
        await RefusedAsync(under, "\"mode\": \"medium\"", "spec.mode: Unsupported value: \"medium\": supported values: \"fast\", \"slow\"", "FieldValueNotSupported", "spec.mode");

    [Theory, OnBothServers]
    public async Task An_item_is_named_by_its_index(ServerUnderTest under) =>
        await RefusedAsync(under, "\"ports\": [80, 70000]", "spec.ports[1]: Invalid value: 70000: spec.ports[1] in body should be less than or equal to 65535", "FieldValueInvalid", "spec.ports[1]");

    [Theory, OnBothServers]
    public async Task A_second_item_with_the_same_map_key_is_refused(ServerUnderTest under) =>
        await RefusedAsync(under, "\"env\": [{ \"name\": \"A\" }, { \"name\": \"A\" }]", "spec.env[1]: Duplicate value: {\"name\":\"A\"}", "FieldValueDuplicate", "spec.env[1]");

    [Theory, OnBothServers]
    public async Task A_required_field_of_an_item_is_named(ServerUnderTest under) =>
        await RefusedAsync(under, "\"env\": [{ \"value\": \"1\" }]", "spec.env[0].name: Required value", "FieldValueRequired", "spec.env[0].name");

    [Theory, OnBothServers]
    public async Task A_missing_required_field_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var body = $$"""{ "apiVersion": "{{widgets.Group}}/v1", "kind": "Widget", "metadata": { "name": "{{name}}" }, "spec": {} }""";

        var answer = await widgets.Server.PostAsync(widgets.Path, body);

        answer.IsFailure(422, "Invalid", $"Widget.{widgets.Group} \"{name}\" is invalid: spec.image: Required value");
    }

    [Theory, OnBothServers]
    public async Task An_empty_string_below_the_minimum_length_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var body = $$"""{ "apiVersion": "{{widgets.Group}}/v1", "kind": "Widget", "metadata": { "name": "{{name}}" }, "spec": { "image": "" } }""";

        var answer = await widgets.Server.PostAsync(widgets.Path, body);

        answer.IsFailure(
            422,
            "Invalid",
            $"Widget.{widgets.Group} \"{name}\" is invalid: spec.image: Invalid value: \"\": spec.image in body should be at least 1 chars long");
    }

    [Theory, OnBothServers]
    public async Task Unknown_fields_are_pruned(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var created = await widgets.CreateAsync(Widgets.NewName(), "\"colour\": \"blue\"");

        created.Has("spec", """{ "image": "nginx", "replicas": 2 }""");
    }

    [Theory, OnBothServers]
    public async Task Strict_field_validation_refuses_unknown_fields(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.PostAsync(widgets.Path + "?fieldValidation=Strict", widgets.Json(Widgets.NewName(), "\"colour\": \"blue\""));

        answer.Is(400);
        Assert.Equal("BadRequest", answer.Reason);
        Assert.EndsWith("strict decoding error: unknown field \"spec.colour\"", answer.Message, StringComparison.Ordinal);
    }

    [Theory, OnBothServers]
    public async Task Warning_field_validation_warns_of_unknown_fields(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = (await widgets.Server.PostAsync(widgets.Path + "?fieldValidation=Warn", widgets.Json(Widgets.NewName(), "\"colour\": \"blue\""))).Is(201);

        Assert.Equal(["299 - \"unknown field \\\"spec.colour\\\"\""], answer.Warnings);
    }

    [Theory, OnBothServers]
    public async Task Values_of_a_map_are_checked(ServerUnderTest under) =>
        await RefusedAsync(under, "\"limits\": { \"cpu\": 1 }", "spec.limits.cpu: Invalid value: \"integer\": spec.limits.cpu in body must be of type string: \"integer\"", "FieldValueTypeInvalid", "spec.limits.cpu");

    private async Task RefusedAsync(ServerUnderTest under, string more, string error, string cause, string field)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var answer = await widgets.Server.PostAsync(widgets.Path, widgets.Json(name, more));

        answer.IsFailure(422, "Invalid", $"Widget.{widgets.Group} \"{name}\" is invalid: {error}")
            .Has("details.name", $"\"{name}\"")
            .Has("details.group", $"\"{widgets.Group}\"")
            .Has("details.kind", "\"Widget\"")
            .Has("details.causes.0.reason", $"\"{cause}\"")
            .Has("details.causes.0.field", $"\"{field}\"");
    }
}
