using System.Net;

namespace CrMonitor.ApiServer.Tests;

public sealed class PagingTests : ServerTest
{
    [Fact]
    public async Task A_continue_token_that_was_compacted_away_is_answered_with_one_for_the_rest()
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            await CreateAsync(ConfigMaps, ConfigMap(name));
        }

        var (_, first) = await GetAsync($"{ConfigMaps}?limit=1");
        await CreateAsync(ConfigMaps, ConfigMap("aa"));
        Server.Compact();
        var (status, expired) = await GetAsync($"{ConfigMaps}?limit=1&continue={first["metadata"]!["continue"]}");
        var (restStatus, rest) = await GetAsync($"{ConfigMaps}?continue={expired["metadata"]!["continue"]}");

        Assert.Equal((HttpStatusCode.Gone, "Expired"), (status, (string?)expired["reason"]));
        Assert.Equal(HttpStatusCode.OK, restStatus);
        Assert.Equal(["aa", "b", "c"], Names(rest));
    }

    [Fact]
    public async Task A_past_revision_that_was_compacted_away_is_gone()
    {
        var (_, first) = await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync(ConfigMaps, ConfigMap("b"));
        Server.Compact();

        var (status, expired) = await GetAsync($"{ConfigMaps}?resourceVersionMatch=Exact&resourceVersion={Version(first)}");

        Assert.Equal((HttpStatusCode.Gone, "Expired"), (status, (string?)expired["reason"]));
    }

    [Fact]
    public async Task A_list_of_all_namespaces_goes_on_across_namespaces()
    {
        await CreateAsync(ConfigMaps, ConfigMap("b"));
        await CreateAsync("/api/v1/namespaces/kube-system/configmaps", ConfigMap("a"));

        var (_, first) = await GetAsync("/api/v1/configmaps?limit=1");
        var (_, second) = await GetAsync($"/api/v1/configmaps?limit=1&continue={first["metadata"]!["continue"]}");

        Assert.Equal(["b"], Names(first));
        Assert.Equal(["a"], Names(second));
        Assert.Null(second["metadata"]!["continue"]);
    }

    [Fact]
    public async Task Namespaces_whose_names_begin_alike_are_kept_apart()
    {
        await SendAsync(
            HttpMethod.Post,
            "/api/v1/namespaces",
            System.Text.Json.Nodes.JsonNode.Parse("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default-2"}}"""));
        await CreateAsync("/api/v1/namespaces/default-2/configmaps", ConfigMap("x"));
        await CreateAsync(ConfigMaps, ConfigMap("y"));

        Assert.Equal(["y"], Names((await GetAsync(ConfigMaps)).Body));
        Assert.Equal(["x"], Names((await GetAsync("/api/v1/namespaces/default-2/configmaps")).Body));
    }
}
