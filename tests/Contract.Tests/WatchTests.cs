using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

public sealed class WatchTests
{
    [Theory, OnBothServers]
    public async Task A_watch_from_a_version_tells_what_happened_after_it(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var start = (await widgets.Server.GetAsync(widgets.Path)).ResourceVersion;
        var created = await widgets.CreateAsync(name);
        var updated = (await widgets.Server.PatchAsync(widgets.Of(name), """{ "spec": { "replicas": 3 } }""", ContractServer.MergePatch)).Is(200);
        (await widgets.Server.DeleteAsync(widgets.Of(name))).Is(200);

        var events = await EventsAsync(widgets, $"resourceVersion={start}&fieldSelector=metadata.name%3D{name}", 3);

        Assert.Equal(["ADDED", "MODIFIED", "DELETED"], events.Select(Type));
        Assert.True(JsonNode.DeepEquals(created.Body, events[0]["object"]));
        Assert.True(JsonNode.DeepEquals(updated.Body, events[1]["object"]));
        Assert.True(Version(events[2]) > Version(events[1]), "a deletion carries its own resourceVersion");
        Assert.Equal(3, events[2]["object"]!["spec"]!["replicas"]!.GetValue<int>());
    }

    [Theory, OnBothServers]
    public async Task A_watch_without_a_version_begins_with_what_exists(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var created = await widgets.CreateAsync(name);

        var events = await EventsAsync(widgets, $"fieldSelector=metadata.name%3D{name}", 1);

        Assert.Equal("ADDED", Type(events[0]));
        Assert.True(JsonNode.DeepEquals(created.Body, events[0]["object"]));
    }

    [Theory, OnBothServers]
    public async Task An_object_that_leaves_the_selector_is_told_as_deleted_and_one_that_enters_as_added(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        var label = $"case-{name}";
        var start = (await widgets.Server.GetAsync(widgets.Path)).ResourceVersion;
        await widgets.CreateAsync(name, metadata: $"\"labels\": {{ \"case\": \"{label}\" }}");
        (await widgets.Server.PatchAsync(widgets.Of(name), """{ "metadata": { "labels": { "case": "other" } } }""", ContractServer.MergePatch)).Is(200);
        (await widgets.Server.PatchAsync(widgets.Of(name), $$"""{ "metadata": { "labels": { "case": "{{label}}" } } }""", ContractServer.MergePatch)).Is(200);

        var events = await EventsAsync(widgets, $"resourceVersion={start}&labelSelector=case%3D{label}", 3);

        Assert.Equal(["ADDED", "DELETED", "ADDED"], events.Select(Type));
        Assert.Equal(label, events[1]["object"]!["metadata"]!["labels"]!["case"]!.GetValue<string>());
    }

    [Theory, OnBothServers]
    public async Task A_watch_ends_after_the_time_that_it_asks_for(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var count = 0;

        await foreach (var _ in widgets.Server.WatchAsync($"{widgets.Path}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dnobody"))
        {
            count++;
        }

        Assert.Equal(0, count);
    }

    [Theory, OnBothServers]
    public async Task A_streaming_list_ends_with_a_marked_bookmark(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);
        var query = $"sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3D{name}";

        var events = await EventsAsync(widgets, query, 2);

        Assert.Equal(["ADDED", "BOOKMARK"], events.Select(Type));
        var bookmark = (JsonObject)events[1]["object"]!;
        Assert.Equal("true", bookmark["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>());
        Assert.Equal("Widget", bookmark["kind"]!.GetValue<string>());
        Assert.True(Version(events[1]) >= Version(events[0]));
    }

    [Theory, OnBothServers]
    public async Task A_streaming_list_needs_its_resourceVersionMatch(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.GetAsync($"{widgets.Path}?watch=1&sendInitialEvents=true&timeoutSeconds=1");

        answer.IsFailure(
            422,
            "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }

    [Theory, OnBothServers]
    public async Task A_version_that_is_no_longer_kept_is_told_in_the_stream(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var events = await EventsAsync(widgets, "resourceVersion=1", 1);

        Assert.Equal("ERROR", Type(events[0]));
        Assert.Equal("Expired", events[0]["object"]!["reason"]!.GetValue<string>());
        Assert.Equal(410, events[0]["object"]!["code"]!.GetValue<int>());
        Assert.StartsWith("too old resource version: 1 (", events[0]["object"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory, OnBothServers]
    public async Task A_watch_can_carry_metadata_alone(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var events = await EventsAsync(widgets, $"fieldSelector=metadata.name%3D{name}", 1, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");

        Assert.Equal("PartialObjectMetadata", events[0]["object"]!["kind"]!.GetValue<string>());
        Assert.Null(events[0]["object"]!["spec"]);
    }

    private static string Type(JsonObject e) => e["type"]!.GetValue<string>();

    private static long Version(JsonObject e) => long.Parse(e["object"]!["metadata"]!["resourceVersion"]!.GetValue<string>());

    private static async Task<IReadOnlyList<JsonObject>> EventsAsync(Widgets widgets, string query, int count, string accept = ContractServer.Json)
    {
        var events = new List<JsonObject>();
        await foreach (var e in widgets.Server.WatchAsync($"{widgets.Path}?watch=1&{query}", accept))
        {
            events.Add(e);
            if (events.Count == count)
            {
                return events;
            }
        }

        Assert.Fail($"The watch ended after {events.Count} of {count} events.");
        return events;
    }
}
