namespace CrMonitor.Contract.Tests;

/// <summary>CustomResourceDefinitions, discovery, and what kubectl asks for.</summary>
public sealed class DefinitionTests
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    [Theory, OnBothServers]
    public async Task A_definition_is_accepted_and_established(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var definition = (await widgets.Server.GetAsync($"{Definitions}/{widgets.Resource}")).Is(200);

        definition.Has("status.storedVersions", """["v1"]""")
            .Has("status.acceptedNames", """{ "plural": "widgets", "singular": "widget", "shortNames": ["wd"], "kind": "Widget", "listKind": "WidgetList" }""")
            .Has("status.conditions.0.type", "\"NamesAccepted\"")
            .Has("status.conditions.0.status", "\"True\"")
            .Has("status.conditions.0.reason", "\"NoConflicts\"")
            .Has("status.conditions.1.type", "\"Established\"")
            .Has("status.conditions.1.status", "\"True\"")
            .Has("status.conditions.1.reason", "\"InitialNamesAccepted\"")
            .Has("spec.conversion", """{ "strategy": "None" }""")
            .Has("metadata.generation", "1");
    }

    [Theory, OnBothServers]
    public async Task A_definition_with_another_name_and_without_a_schema_is_refused(ServerUnderTest under)
    {
        var server = await ContractServer.ForAsync(under);
        var body = """
            { "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": "wrong.refused.example.com" },
              "spec": { "group": "refused.example.com", "scope": "Namespaced", "names": { "plural": "gadgets", "kind": "Gadget" },
                        "versions": [{ "name": "v1", "served": true, "storage": true }] } }
            """;

        var answer = await server.PostAsync(Definitions, body);

        answer.IsFailure(
            422,
            "Invalid",
            "CustomResourceDefinition.apiextensions.k8s.io \"wrong.refused.example.com\" is invalid: [metadata.name: Invalid value: \"wrong.refused.example.com\": "
            + "must be spec.names.plural+\".\"+spec.group, spec.versions[0].schema.openAPIV3Schema: Required value]");
    }

    [Theory, OnBothServers]
    public async Task Deleting_a_definition_deletes_its_objects_and_ends_its_service(ServerUnderTest under)
    {
        var server = await ContractServer.ForAsync(under);
        var group = $"d{Guid.NewGuid():N}"[..12] + ".example.com";
        var definition = $$"""
            { "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": "things.{{group}}" },
              "spec": { "group": "{{group}}", "scope": "Cluster", "names": { "plural": "things", "kind": "Thing" },
                        "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": { "type": "object" } } }] } }
            """;
        var created = (await server.PostAsync(Definitions, definition)).Is(201);
        created.Has("spec.names", """{ "plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList" }""");
        await CrMonitor.Tests.Eventually.TrueAsync(async () => (await server.GetAsync($"/apis/{group}/v1/things")).Code == 200, "things are served");
        (await server.PostAsync($"/apis/{group}/v1/things", $$"""{ "apiVersion": "{{group}}/v1", "kind": "Thing", "metadata": { "name": "a" } }""")).Is(201);

        (await server.DeleteAsync($"{Definitions}/things.{group}")).Is(200);

        await CrMonitor.Tests.Eventually.TrueAsync(
            async () => (await server.GetAsync($"{Definitions}/things.{group}")).Code == 404 && (await server.GetAsync($"/apis/{group}/v1/things")).Code == 404,
            "the definition is gone and its resource no longer served");
    }

    [Theory, OnBothServers]
    public async Task A_group_version_lists_its_resources(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = (await widgets.Server.GetAsync($"/apis/{widgets.Group}/v1")).Is(200);

        answer.Has("kind", "\"APIResourceList\"").Has("groupVersion", $"\"{widgets.Group}/v1\"")
            .Has("resources.0.name", "\"widgets\"")
            .Has("resources.0.singularName", "\"widget\"")
            .Has("resources.0.namespaced", "true")
            .Has("resources.0.kind", "\"Widget\"")
            .Has("resources.0.shortNames", """["wd"]""")
            .Has("resources.0.verbs", """["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]""")
            .Has("resources.1.name", "\"widgets/status\"")
            .Has("resources.1.verbs", """["get", "patch", "update"]""");
    }

    [Theory, OnBothServers]
    public async Task A_group_lists_its_versions(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = (await widgets.Server.GetAsync($"/apis/{widgets.Group}")).Is(200);

        answer.Has("kind", "\"APIGroup\"").Has("name", $"\"{widgets.Group}\"")
            .Has("versions", $$"""[{ "groupVersion": "{{widgets.Group}}/v1", "version": "v1" }]""")
            .Has("preferredVersion", $$"""{ "groupVersion": "{{widgets.Group}}/v1", "version": "v1" }""");
    }

    [Theory, OnBothServers]
    public async Task An_unknown_path_is_plain_not_found(ServerUnderTest under)
    {
        var server = await ContractServer.ForAsync(under);

        var answer = (await server.GetAsync("/apis/nope.example.com/v1/foos")).Is(404);

        answer.Has("text", "\"404 page not found\\n\"");
    }

    [Theory, OnBothServers]
    public async Task A_table_has_the_printer_columns(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);
        (await widgets.Server.PatchAsync(
            widgets.Of(name, "status"),
            """{ "status": { "conditions": [{ "type": "Other", "status": "False" }, { "type": "Ready", "status": "True" }] } }""",
            ContractServer.MergePatch)).Is(200);

        var table = (await widgets.Server.GetAsync(widgets.Of(name), "application/json;as=Table;v=v1;g=meta.k8s.io")).Is(200);

        table.Has("kind", "\"Table\"").Has("apiVersion", "\"meta.k8s.io/v1\"")
            .Has("columnDefinitions.0.name", "\"Name\"").Has("columnDefinitions.0.format", "\"name\"")
            .Has("columnDefinitions.1.name", "\"Image\"").Has("columnDefinitions.1.type", "\"string\"")
            .Has("columnDefinitions.2.name", "\"Ready\"")
            .Has("columnDefinitions.3.name", "\"Age\"").Has("columnDefinitions.3.type", "\"date\"")
            .Has("rows.0.cells.0", $"\"{name}\"").Has("rows.0.cells.1", "\"nginx\"").Has("rows.0.cells.2", "\"True\"")
            .Has("rows.0.object.kind", "\"PartialObjectMetadata\"").Has("rows.0.object.metadata.name", $"\"{name}\"");
        Assert.Matches("^[0-9]+s$", table.At("rows.0.cells.3")!.GetValue<string>());
    }

    [Theory, OnBothServers]
    public async Task A_cell_without_a_value_is_null_and_a_table_may_carry_no_objects(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var table = (await widgets.Server.GetAsync(
            $"{widgets.Path}?fieldSelector=metadata.name%3D{name}&includeObject=None",
            "application/json;as=Table;v=v1;g=meta.k8s.io")).Is(200);

        table.Has("rows.0.cells.2", null).Has("rows.0.object", null);
        Assert.Equal(4, table.At("rows.0.cells")!.AsArray().Count);
    }

    /// <remarks>Embedded only: an API server for custom resources alone serves no OpenAPI for them; in a cluster the aggregator does.</remarks>
    [Fact]
    public async Task A_resource_serves_its_schema_as_OpenAPI()
    {
        var widgets = await Widgets.ForAsync(ServerUnderTest.Embedded, this);

        var answer = (await widgets.Server.GetAsync($"/openapi/v3/apis/{widgets.Group}/v1")).Is(200);

        var schema = answer.At("components.schemas")!.AsObject().Single(s => s.Key.EndsWith(".v1.Widget", StringComparison.Ordinal)).Value;
        Assert.Equal(10, Answer.At(schema, "properties.spec.properties.replicas.maximum")!.GetValue<int>());
        Assert.Equal("Widget", Answer.At(schema, "x-kubernetes-group-version-kind.0.kind")!.GetValue<string>());
    }

    [Theory, OnBothServers]
    public async Task A_media_type_that_no_answer_has_is_not_acceptable(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.GetAsync(widgets.Path, "text/plain");

        answer.Is(406);
    }
}
