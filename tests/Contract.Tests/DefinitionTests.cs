namespace CrMonitor.Contract.Tests;

/// <summary>CustomResourceDefinitions.</summary>
public sealed class DefinitionTests(Servers servers) : ContractTest(servers)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    [Theory, BothServers]
    public async Task A_definition_is_accepted_and_established(ServerKind server)
    {
        await UseAsync(server);

        var definition = (await GetAsync($"{Definitions}/{Resource}")).Succeeds();

        definition
            .Has("status.storedVersions", """["v1"]""")
            .Has("status.acceptedNames", """{"plural":"widgets","singular":"widget","shortNames":["wd"],"kind":"Widget","listKind":"WidgetList"}""")
            .Has("status.conditions.0.type", "\"NamesAccepted\"")
            .Has("status.conditions.0.status", "\"True\"")
            .Has("status.conditions.0.reason", "\"NoConflicts\"")
            .Has("status.conditions.0.message", "\"no conflicts found\"")
            .Has("status.conditions.1.type", "\"Established\"")
            .Has("status.conditions.1.status", "\"True\"")
            .Has("status.conditions.1.reason", "\"InitialNamesAccepted\"")
            .Has("status.conditions.1.message", "\"the initial names have been accepted\"")
            .Has("status.conditions.2", null)
            .Has("spec.conversion", """{"strategy":"None"}""")
            .Has("metadata.generation", "1");
    }

    [Theory, BothServers]
    public async Task Names_that_a_definition_leaves_out_are_made_from_its_kind(ServerKind server)
    {
        await UseAsync(server);

        var created = (await Cluster.SendAsync(HttpMethod.Post, $"{Definitions}?dryRun=All", Thing(NewGroup()))).Succeeds(201);

        created.Has("spec.names", """{"plural":"things","singular":"thing","kind":"Thing","listKind":"ThingList"}""");
    }

    [Theory, BothServers]
    public async Task A_definition_with_another_name_and_without_a_schema_is_refused(ServerKind server)
    {
        await UseAsync(server);

        var answer = await Cluster.SendAsync(
            HttpMethod.Post,
            Definitions,
            """
            {
              "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "wrong.refused.example.com"},
              "spec": {
                "group": "refused.example.com", "scope": "Namespaced", "names": {"plural": "gadgets", "kind": "Gadget"},
                "versions": [{"name": "v1", "served": true, "storage": true}]
              }
            }
            """);

        answer.Refuses(
            422,
            "Invalid",
            "CustomResourceDefinition.apiextensions.k8s.io \"wrong.refused.example.com\" is invalid: [metadata.name: Invalid value: \"wrong.refused.example.com\": "
            + "must be spec.names.plural+\".\"+spec.group, spec.versions[0].schema.openAPIV3Schema: Required value]");
    }

    [Theory, BothServers]
    public async Task Deleting_a_definition_deletes_its_objects_and_ends_its_service(ServerKind server)
    {
        await UseAsync(server);
        var group = NewGroup();
        var things = $"/apis/{group}/v1/things";
        (await Cluster.InstallAsync(Thing(group), things)).Succeeds(201);
        (await Cluster.SendAsync(HttpMethod.Post, things, $$$"""{"apiVersion":"{{{group}}}/v1","kind":"Thing","metadata":{"name":"a"}}""")).Succeeds(201);

        (await Cluster.SendAsync(HttpMethod.Delete, $"{Definitions}/things.{group}")).Succeeds();

        await CrMonitor.Tests.Eventually.TrueAsync(
            async () => (await GetAsync($"{Definitions}/things.{group}")).Status == 404 && (await GetAsync(things)).Status == 404,
            "the definition is gone and its resource no longer served");
    }

    private static string NewGroup() => $"d{Guid.NewGuid():N}"[..12] + ".example.com";

    private static string Thing(string group) => $$$"""
        {
          "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.{{{group}}}"},
          "spec": {
            "group": "{{{group}}}", "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"} } }]
          }
        }
        """;
}
