using System.Net;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

public sealed class CustomResourceServingTests : ServerTest
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Things = "/apis/example.com/v1/namespaces/default/things";

    [Fact]
    public async Task A_custom_resource_is_served_as_soon_as_its_definition_is_created()
    {
        await CreateAsync(Definitions, Definition());

        Assert.Equal(HttpStatusCode.Created, (await CreateAsync(Things, Thing("a"))).Status);
    }

    [Fact]
    public async Task Before_its_definition_there_were_no_objects_and_no_watch_starts()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync(Definitions, Definition());
        await CreateAsync(Things, Thing("a"));

        var (status, list) = await GetAsync($"{Things}?resourceVersion=1&resourceVersionMatch=Exact");
        using var watch = await WatchAsync(Things, "&resourceVersion=1");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Empty(Names(list));
        Assert.Equal("Expired", (string?)(await watch.NextAsync())!["object"]!["reason"]);
    }

    [Fact]
    public async Task A_deleted_definition_takes_its_objects_along_and_ends_their_watches()
    {
        await CreateAsync(Definitions, Definition());
        await CreateAsync(Things, Thing("a"));
        using var watch = await WatchAsync(Things);
        Assert.Equal("ADDED a", await watch.NextNameAsync());

        await SendAsync(HttpMethod.Delete, $"{Definitions}/things.example.com");

        Assert.Equal("DELETED a", await watch.NextNameAsync());
        Assert.Null(await watch.NextAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"{Definitions}/things.example.com")).Status);
        using var gone = await Client.GetAsync(new Uri(Things, UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task A_deleted_definition_waits_for_objects_with_finalizers_and_takes_no_new_ones()
    {
        await CreateAsync(Definitions, Definition());
        var held = Thing("a");
        held["metadata"]!["finalizers"] = new JsonArray("example.com/f");
        await CreateAsync(Things, held);

        var (_, deleted) = await SendAsync(HttpMethod.Delete, $"{Definitions}/things.example.com");
        var (refused, _) = await CreateAsync(Things, Thing("b"));
        var (stillThere, _) = await GetAsync($"{Definitions}/things.example.com");
        await MergeAsync($"{Things}/a", new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } });

        Assert.NotNull(deleted["metadata"]!["deletionTimestamp"]);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, refused);
        Assert.Equal(HttpStatusCode.OK, stillThere);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"{Definitions}/things.example.com")).Status);
    }

    [Fact]
    public async Task Every_served_version_shows_the_same_objects()
    {
        await CreateAsync(Definitions, Definition("v1", "v2"));
        await CreateAsync(Things, Thing("a"));

        var (_, read) = await GetAsync("/apis/example.com/v2/namespaces/default/things/a");
        var (_, list) = await GetAsync("/apis/example.com/v2/things");

        Assert.Equal("example.com/v2", (string?)read["apiVersion"]);
        Assert.Equal("example.com/v2", (string?)list["items"]![0]!["apiVersion"]);
    }

    [Fact]
    public async Task Events_are_one_kind_in_two_groups()
    {
        await CreateAsync(
            "/apis/events.k8s.io/v1/namespaces/default/events",
            JsonNode.Parse("""
                {"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},"eventTime":"2026-03-01T12:00:00.000000Z","reportingController":"c","reportingInstance":"i",
                 "action":"Do","reason":"Why","note":"what","type":"Normal","regarding":{"kind":"Thing","name":"a","namespace":"default"}}
                """)!.AsObject());

        var (_, core) = await GetAsync("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Da");

        var item = Assert.Single(core["items"]!.AsArray())!;
        Assert.Equal(("v1", "what", "a"), ((string?)item["apiVersion"], (string?)item["message"], (string?)item["involvedObject"]!["name"]));
    }

    [Fact]
    public async Task The_scale_subresource_reads_and_writes_the_replicas()
    {
        var definition = Definition();
        definition["spec"]!["versions"]![0]!["subresources"]!["scale"] = new JsonObject { ["specReplicasPath"] = ".spec.count", ["statusReplicasPath"] = ".status.count" };
        await CreateAsync(Definitions, definition);
        await CreateAsync(Things, Thing("a"));

        var (_, scale) = await MergeAsync($"{Things}/a/scale", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 4 } });
        var (_, thing) = await GetAsync($"{Things}/a");

        Assert.Equal(("Scale", 4), ((string?)scale["kind"], (int?)scale["spec"]!["replicas"]));
        Assert.Equal((4, 2), ((int?)thing["spec"]!["count"], (int?)thing["metadata"]!["generation"]));
    }

    private static JsonObject Thing(string name) => new()
    {
        ["apiVersion"] = "example.com/v1",
        ["kind"] = "Thing",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["count"] = 1 },
    };

    private static JsonObject Definition(params string[] versions) => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject { ["name"] = "things.example.com" },
        ["spec"] = new JsonObject
        {
            ["group"] = "example.com",
            ["scope"] = "Namespaced",
            ["names"] = new JsonObject { ["plural"] = "things", ["kind"] = "Thing" },
            ["versions"] = new JsonArray(
                [.. (versions.Length == 0 ? ["v1"] : versions).Select(static (v, i) => JsonNode.Parse($$"""
                    {
                      "name": "{{v}}",
                      "served": true,
                      "storage": {{(i == 0 ? "true" : "false")}},
                      "subresources": {"status": { } },
                      "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true} }
                    }
                    """))]),
        },
    };
}
