namespace CrMonitor.Contract.Tests;

/// <summary>Definitions while their resources are in use.</summary>
public sealed class DefinitionLifeTests(Servers servers) : ContractTest(servers)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private const string Any = """{"type":"object","x-kubernetes-preserve-unknown-fields":true}""";

    private string Group { get; set; } = "";

    private string Things => $"/apis/{Group}/v1/things";

    [Theory, BothServers]
    public async Task Names_that_another_definition_has_are_not_accepted(ServerKind server)
    {
        await UseAsync(server);
        await InstallAsync(Names("things", "Thing", ""","shortNames":["th"],"categories":["stuff"] """), Version("v1"));

        (await Cluster.SendAsync(HttpMethod.Post, Definitions, Definition(Names("others", "Thing", ""","shortNames":["th"] """), "others", Version("v1")))).Succeeds(201);
        var conflicting = await ReadAsync("others", static d => d.At("status.conditions.0.type") is not null);

        conflicting
            .Has("status.conditions.0.type", "\"NamesAccepted\"").Has("status.conditions.0.status", "\"False\"")
            .Has("status.conditions.1.type", "\"Established\"").Has("status.conditions.1.status", "\"False\"").Has(
                "status.conditions.1.reason", "\"NotAccepted\"")
            .Has("status.conditions.1.message", "\"not all names are accepted\"");
        Assert.EndsWith("is already in use", (string?)conflicting.At("status.conditions.0.message"), StringComparison.Ordinal);
        (await GetAsync($"/apis/{Group}/v1/others")).IsNotServed();
        (await Cluster.SendAsync(HttpMethod.Delete, $"{Definitions}/others.{Group}")).Succeeds();
    }

    [Theory, BothServers]
    public async Task Short_names_and_categories_are_discovered(ServerKind server)
    {
        await UseAsync(server);
        await InstallAsync(
            Names("things", "Thing", ""","singular":"thingy","listKind":"Thingies","shortNames":["th"],"categories":["all","stuff"] """),
            Version("v1"));

        var resources = (await GetAsync($"/apis/{Group}/v1")).Succeeds();

        resources.Has("resources.0.singularName", "\"thingy\"").Has("resources.0.shortNames", """["th"]""").Has(
            "resources.0.categories", """["all","stuff"]""")
            .Has("resources.0.namespaced", "false").Has("resources.1", null);
        Assert.Equal("Thingies", (string?)(await GetAsync(Things)).Succeeds().Body["kind"]);
    }

    [Theory, BothServers]
    public async Task An_object_is_served_in_every_version_and_stored_in_one(ServerKind server)
    {
        await UseAsync(server);
        await InstallAsync(
            Names("things", "Thing"), $"{Version("v1")},{Version("v2", isStorage: false)},{Version("v3", isStorage: false, isServed: false)}");
        (await Cluster.SendAsync(HttpMethod.Post, $"/apis/{Group}/v2/things", $$$"""{"apiVersion":"{{{Group}}}/v2","kind":"Thing","metadata":{"name":"a"},"x":1}""")).Succeeds(201);

        (await GetAsync($"{Things}/a")).Succeeds().Has("apiVersion", $"\"{Group}/v1\"").Has("x", "1");
        (await GetAsync($"/apis/{Group}/v2/things/a")).Succeeds().Has("apiVersion", $"\"{Group}/v2\"");
        (await GetAsync($"/apis/{Group}/v3/things")).IsNotServed();
        var group = (await GetAsync($"/apis/{Group}")).Succeeds();
        Assert.Equal(["v2", "v1"], group.Body["versions"]!.AsArray().Select(static v => (string?)v!["version"]));
        group.Has("preferredVersion.version", "\"v2\"");
    }

    [Theory, BothServers]
    public async Task Another_storage_version_is_remembered_with_the_first(ServerKind server)
    {
        await UseAsync(server);
        await InstallAsync(Names("things", "Thing"), $"{Version("v1")},{Version("v2", isStorage: false)}");
        var path = $"{Definitions}/things.{Group}";

        (await Cluster.SendAsync(
            HttpMethod.Patch,
            path,
            """[{"op":"replace","path":"/spec/versions/0/storage","value":false},{"op":"replace","path":"/spec/versions/1/storage","value":true}]""",
            "application/json-patch+json")).Succeeds().Has("status.storedVersions", """["v1","v2"]""");
        var without = await Cluster.SendAsync(
            HttpMethod.Patch, path, """[{"op":"remove","path":"/spec/versions/0"}]""", "application/json-patch+json");

        without.Refuses(
            422,
            "Invalid",
            $"CustomResourceDefinition.apiextensions.k8s.io \"things.{Group}\" is invalid: status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; "
            + "v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 "
            + "from status.storedVersions");
    }

    [Theory, BothServers]
    public async Task A_watch_ends_when_its_definition_is_deleted(ServerKind server)
    {
        await UseAsync(server);
        await InstallAsync(Names("things", "Thing"), Version("v1"));
        (await Cluster.SendAsync(HttpMethod.Post, Things, $$$"""{"apiVersion":"{{{Group}}}/v1","kind":"Thing","metadata":{"name":"a"}}""")).Succeeds(201);
        using var watch = new WatchReader(await Cluster.OpenAsync($"{Things}?watch=1"));
        Assert.Equal("ADDED a", await watch.NextNameAsync());

        (await Cluster.SendAsync(HttpMethod.Delete, $"{Definitions}/things.{Group}")).Succeeds();

        Assert.Equal("DELETED a", await watch.NextNameAsync());
        Assert.Null(await watch.NextAsync());
    }

    [Theory, BothServers]
    public async Task A_table_has_all_columns_and_says_which_are_of_less_interest(ServerKind server)
    {
        await UseAsync(server);
        const string Columns = """
            ,"additionalPrinterColumns":[
              {"name":"Since","type":"date","jsonPath":".spec.since"},
              {"name":"Wide","type":"string","jsonPath":".spec.wide","priority":1,"description":"d"},
              {"name":"Count","type":"integer","jsonPath":".spec.count","format":"int32"},
              {"name":"Share","type":"number","jsonPath":".spec.share"},
              {"name":"Flag","type":"boolean","jsonPath":".spec.flag"},
              {"name":"List","type":"string","jsonPath":".spec.list"},
              {"name":"First","type":"string","jsonPath":".spec.list[0]"}]
            """;
        await InstallAsync(Names("things", "Thing"), Version("v1", rest: Columns));
        (await Cluster.SendAsync(
            HttpMethod.Post,
            Things,
            $$$"""
            {"apiVersion":"{{{Group}}}/v1","kind":"Thing","metadata":{"name":"a"},
             "spec":{"since":"2001-01-01T00:00:00Z","wide":"w","count":3,"share":1.5,"flag":true,"list":["x","y"]}}
            """)).Succeeds(201);

        var table = (await GetAsync(Things, "application/json;as=Table;v=v1;g=meta.k8s.io")).Succeeds();

        Assert.Equal(
            ["Name string name 0", "Since date  0", "Wide string  1", "Count integer int32 0", "Share number  0", "Flag boolean  0", "List string  0", "First string  0"],
            table.Body["columnDefinitions"]!.AsArray().Select(static c => $"{c!["name"]} {c["type"]} {c["format"]} {c["priority"]}"));
        var cells = table.At("rows.0.cells")!.AsArray();
        Assert.Matches(@"^\d+y$", (string?)cells[1]);
        cells[1] = "years";
        JsonEqual("""["a","years","w",3,1.5,true,"[\"x\",\"y\"]","x"]""", cells);
    }

    [Theory, BothServers]
    public async Task The_scale_is_read_and_written_by_its_subresource(ServerKind server)
    {
        await UseAsync(server);
        const string Scale = ""","subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}} """;
        await InstallAsync(Names("things", "Thing"), Version("v1", rest: Scale));
        (await Cluster.SendAsync(HttpMethod.Post, Things, $$$"""{"apiVersion":"{{{Group}}}/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"replicas":2}}""")).Succeeds(201);
        (await Cluster.SendAsync(HttpMethod.Patch, $"{Things}/a/status", """{"status":{"replicas":1,"selector":"x=y"}}""", "application/merge-patch+json")).Succeeds();

        var scale = (await GetAsync($"{Things}/a/scale")).Succeeds();
        scale.Has("kind", "\"Scale\"").Has("apiVersion", "\"autoscaling/v1\"").Has("spec", """{"replicas":2}""").Has(
            "status", """{"replicas":1,"selector":"x=y"}""");
        scale.Body["spec"]!["replicas"] = 5;
        (await Cluster.SendAsync(HttpMethod.Put, $"{Things}/a/scale", scale.Body.ToJsonString())).Succeeds().Has("spec.replicas", "5");
        (await Cluster.SendAsync(HttpMethod.Put, $"{Things}/a/scale", scale.Body.ToJsonString())).Refuses(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on things.{Group} \"a\": the object has been modified; please apply your changes to the latest version and try again");
        (await Cluster.SendAsync(HttpMethod.Patch, $"{Things}/a/scale", """{"spec":{"replicas":7}}""", "application/merge-patch+json")).Succeeds().Has("spec.replicas", "7");
        (await GetAsync($"{Things}/a")).Succeeds().Has("spec.replicas", "7").Has("metadata.generation", "3");
        (await GetAsync($"{Things}/b/scale")).Refuses(404, "NotFound", $"things.{Group} \"b\" not found");
    }

    [Theory, BothServers]
    public async Task A_schema_changes_under_its_objects(ServerKind server)
    {
        await UseAsync(server);
        await InstallAsync(Names("things", "Thing"), Version("v1"));
        (await Cluster.SendAsync(HttpMethod.Post, Things, $$$"""{"apiVersion":"{{{Group}}}/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"n":1}}""")).Succeeds(201);

        (await Cluster.SendAsync(
            HttpMethod.Patch,
            $"{Definitions}/things.{Group}",
            """
            [{"op":"replace","path":"/spec/versions/0/schema/openAPIV3Schema","value":
              {"type":"object","properties":{"spec":{"type":"object","properties":{"n":{"type":"string"},"m":{"type":"string","default":"d"} } } } } }]
            """,
            "application/json-patch+json")).Succeeds();

        var other = $$$"""{"apiVersion":"{{{Group}}}/v1","kind":"Thing","metadata":{"name":"b"},"spec":{"n":"x"}}""";
        await CrMonitor.Tests.Eventually.TrueAsync(
            async () => (string?)(await Cluster.SendAsync(HttpMethod.Post, $"{Things}?dryRun=All", other)).At("spec.m") == "d",
            "the new default is set");
        (await Cluster.SendAsync(HttpMethod.Patch, $"{Things}/a", """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json")).Succeeds().Has("spec.n", "1");
        (await Cluster.SendAsync(HttpMethod.Patch, $"{Things}/a", """{"spec":{"n":2}}""", "application/merge-patch+json")).Refuses(
            422, "Invalid", $"Thing.{Group} \"a\" is invalid: spec.n: Invalid value: \"integer\": spec.n in body must be of type string: \"integer\"");
    }

    // On the embedded server alone: a real one evaluates the rules.
    [Fact]
    public async Task Rules_that_are_not_evaluated_are_named_in_a_warning()
    {
        await UseAsync(ServerKind.Embedded);

        var created = await Cluster.SendAsync(
            HttpMethod.Post,
            $"{Definitions}?dryRun=All",
            Definition(
                Names("things", "Thing"),
                "things",
                Version("v1", """{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-validations":[{"rule":"self.a > 1","message":"m"}],"properties":{"a":{"type":"integer"}}}}}""")));

        created.Succeeds(201);
        Assert.Contains("self.a > 1", Assert.Single(created.Warnings), StringComparison.Ordinal);
    }

    private async Task InstallAsync(string names, string versions)
    {
        NewGroup();
        (await Cluster.InstallAsync(Definition(names, "things", versions), Things)).Succeeds(201);
    }

    private void NewGroup() => Group = $"l{Guid.NewGuid():N}"[..12] + ".example.com";

    private async Task<Answer> ReadAsync(string plural, Func<Answer, bool> isReady)
    {
        Answer? answer = null;
        await CrMonitor.Tests.Eventually.TrueAsync(
            async () => isReady(answer = await GetAsync($"{Definitions}/{plural}.{Group}")), $"{plural} is looked at");
        return answer!;
    }

    private static string Names(string plural, string kind, string rest = "") => $$$"""{"plural":"{{{plural}}}","kind":"{{{kind}}}"{{{rest}}}}""";

    private static string Version(string name, string schema = Any, bool isStorage = true, bool isServed = true, string rest = "") =>
        $$$"""{"name":"{{{name}}}","served":{{{Json(isServed)}}},"storage":{{{Json(isStorage)}}},"schema":{"openAPIV3Schema":{{{schema}}}}{{{rest}}}}""";

    private static string Json(bool value) => value ? "true" : "false";

    private string Definition(string names, string plural, string versions)
    {
        if (Group.Length == 0)
        {
            NewGroup();
        }

        return $$$"""
            {
              "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "{{{plural}}}.{{{Group}}}"},
              "spec": {"group": "{{{Group}}}", "scope": "Cluster", "names": {{{names}}}, "versions": [{{{versions}}}]}
            }
            """;
    }
}
