namespace CrMonitor.Contract.Tests;

public sealed class DiscoveryTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_group_version_lists_its_resources(ServerKind server)
    {
        await UseAsync(server);

        var answer = (await GetAsync($"/apis/{Cluster.ApiVersion}")).Succeeds();

        answer.Has("kind", "\"APIResourceList\"").Has("groupVersion", $"\"{Cluster.ApiVersion}\"")
            .Has("resources.0.name", "\"widgets\"")
            .Has("resources.0.singularName", "\"widget\"")
            .Has("resources.0.namespaced", "true")
            .Has("resources.0.kind", "\"Widget\"")
            .Has("resources.0.shortNames", """["wd"]""")
            .Has("resources.0.verbs", """["delete","deletecollection","get","list","patch","create","update","watch"]""")
            .Has("resources.1.name", "\"widgets/status\"")
            .Has("resources.1.verbs", """["get","patch","update"]""")
            .Has("resources.2", null);
    }

    [Theory, BothServers]
    public async Task A_group_lists_its_versions(ServerKind server)
    {
        await UseAsync(server);

        var answer = (await GetAsync($"/apis/{Cluster.Group}")).Succeeds();

        var version = $$"""{"groupVersion":"{{Cluster.ApiVersion}}","version":"v1"}""";
        answer.Has("kind", "\"APIGroup\"").Has("name", $"\"{Cluster.Group}\"").Has("versions", $"[{version}]").Has("preferredVersion", version);
    }

    [Theory, BothServers]
    public async Task An_unknown_group_is_not_found_in_plain_text(ServerKind server)
    {
        await UseAsync(server);

        var answer = await GetAsync("/apis/nope.example.com/v1/foos");

        Assert.Equal((404, "404 page not found\n"), (answer.Status, (string?)answer.Body["text"]));
    }

    // On the embedded server alone: an API server for custom resources serves no OpenAPI for them; in a cluster its aggregator does.
    [Fact]
    public async Task A_resource_serves_its_schema_as_OpenAPI()
    {
        await UseAsync(ServerKind.Embedded);

        var answer = (await GetAsync($"/openapi/v3/apis/{Cluster.ApiVersion}")).Succeeds();

        var schema = answer.At("components.schemas")!.AsObject().Single(static s => s.Key.EndsWith(".v1.Widget", StringComparison.Ordinal)).Value!;
        Assert.Equal(10, (int?)schema["properties"]!["spec"]!["properties"]!["replicas"]!["maximum"]);
        JsonEqual($$"""[{"group":"{{Cluster.Group}}","version":"v1","kind":"Widget"}]""", schema["x-kubernetes-group-version-kind"]);
    }
}
