namespace CrMonitor.Contract.Tests;

public sealed class ReadTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task What_is_not_there_is_not_found(ServerKind server)
    {
        await UseAsync(server);

        var answer = await GetAsync($"{Collection}/a");

        answer.Refuses(404, "NotFound", $"{Resource} \"a\" not found");
        JsonEqual($$"""{"name":"a","group":"{{Cluster.Group}}","kind":"widgets"}""", answer.Body["details"]);
        (await GetAsync($"{Collection}/a/status")).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
    }

    [Theory, BothServers]
    public async Task A_read_may_demand_a_version_that_is_there(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");
        await CatchUpAsync(first.Version);

        foreach (var version in (string[])["0", "", first.Version])
        {
            JsonEqual(first.Body.ToJsonString(), (await GetAsync($"{Collection}/a?resourceVersion={version}")).Succeeds().Body);
        }
    }

    [Theory, BothServers]
    public async Task A_watch_at_the_path_of_an_object_is_a_read(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        JsonEqual(first.Body.ToJsonString(), (await GetAsync($"{Collection}/a?watch=1")).Succeeds().Body);
    }
}
