using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

public sealed class ListTests
{
    [Theory, OnBothServers]
    public async Task A_list_has_its_kind_and_a_resourceVersion_not_older_than_its_items(ServerUnderTest under)
    {
        var (widgets, label) = await ThreeAsync(under);

        var list = (await widgets.Server.GetAsync($"{widgets.Path}?labelSelector=case%3D{label}")).Is(200);

        list.Has("kind", "\"WidgetList\"").Has("apiVersion", $"\"{widgets.Group}/v1\"").Has("items.0.kind", "\"Widget\"");
        Assert.Equal(3, Names(list).Count);
        Assert.All(Items(list), item => Assert.True(long.Parse(item["metadata"]!["resourceVersion"]!.GetValue<string>()) <= long.Parse(list.ResourceVersion)));
    }

    [Theory, OnBothServers]
    public async Task Pages_are_one_snapshot_in_the_order_of_the_names(ServerUnderTest under)
    {
        var (widgets, label) = await ThreeAsync(under);
        var path = $"{widgets.Path}?labelSelector=case%3D{label}&limit=2";

        var first = (await widgets.Server.GetAsync(path)).Is(200);
        var late = Widgets.NewName();
        await widgets.CreateAsync(late, metadata: $"\"labels\": {{ \"case\": \"{label}\" }}");
        var second = (await widgets.Server.GetAsync($"{path}&continue={Uri.EscapeDataString(first.At("metadata.continue")!.GetValue<string>())}")).Is(200);

        Assert.Equal(2, Names(first).Count);
        Assert.Single(Names(second));
        Assert.DoesNotContain(late, Names(second));
        Assert.Equal(first.ResourceVersion, second.ResourceVersion);
        Assert.Equal(Names(first).Concat(Names(second)).Order(StringComparer.Ordinal), Names(first).Concat(Names(second)));
        Assert.Equal("", second.At("metadata.continue")?.GetValue<string>() ?? "");
    }

    [Theory, OnBothServers]
    public async Task Without_a_selector_a_page_tells_how_many_items_remain(ServerUnderTest under)
    {
        var (widgets, _) = await ThreeAsync(under);

        var first = (await widgets.Server.GetAsync($"{widgets.Path}?limit=1")).Is(200);
        var all = (await widgets.Server.GetAsync(widgets.Path)).Is(200);

        Assert.InRange(first.At("metadata.remainingItemCount")!.GetValue<int>(), 2, Names(all).Count - 1);
    }

    [Theory, OnBothServers]
    public async Task A_continue_token_with_a_resourceVersion_is_refused(ServerUnderTest under)
    {
        var (widgets, _) = await ThreeAsync(under);
        var first = (await widgets.Server.GetAsync($"{widgets.Path}?limit=1")).Is(200);
        var token = Uri.EscapeDataString(first.At("metadata.continue")!.GetValue<string>());

        var answer = await widgets.Server.GetAsync($"{widgets.Path}?limit=1&continue={token}&resourceVersion=5");

        answer.IsFailure(400, "BadRequest", "specifying resource version is not allowed when using continue");
    }

    [Theory, OnBothServers]
    public async Task Label_selectors_select(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        string[] names = [Widgets.NewName(), Widgets.NewName(), Widgets.NewName()];
        var own = $"own{names[0]}";
        await widgets.CreateAsync(names[0], metadata: $"\"labels\": {{ \"{own}\": \"\", \"tier\": \"web\", \"env\": \"prod\" }}");
        await widgets.CreateAsync(names[1], metadata: $"\"labels\": {{ \"{own}\": \"\", \"tier\": \"db\" }}");
        await widgets.CreateAsync(names[2], metadata: $"\"labels\": {{ \"{own}\": \"\" }}");

        async Task<IReadOnlyList<string>> SelectAsync(string selector) =>
            Names((await widgets.Server.GetAsync($"{widgets.Path}?labelSelector={Uri.EscapeDataString($"{own},{selector}")}")).Is(200));

        Assert.Equal([names[0]], await SelectAsync("tier=web"));
        Assert.Equal([names[0]], await SelectAsync("tier==web"));
        Assert.Equal([names[1], names[2]], await SelectAsync("tier!=web"));
        Assert.Equal([names[0], names[1]], await SelectAsync("tier in (web, db)"));
        Assert.Equal([names[2]], await SelectAsync("tier notin (web,db)"));
        Assert.Equal([names[0], names[1]], await SelectAsync("tier"));
        Assert.Equal([names[2]], await SelectAsync("!tier"));
        Assert.Equal([names[0]], await SelectAsync("tier,env=prod"));
    }

    [Theory, OnBothServers]
    public async Task A_malformed_label_selector_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.GetAsync($"{widgets.Path}?labelSelector=a+in");

        answer.IsFailure(400, "BadRequest", "unable to parse requirement: found '' expected: '('");
    }

    [Theory, OnBothServers]
    public async Task The_field_selector_metadata_name_selects(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var list = (await widgets.Server.GetAsync($"{widgets.Path}?fieldSelector=metadata.name%3D{name}")).Is(200);

        Assert.Equal([name], Names(list));
    }

    [Theory, OnBothServers]
    public async Task A_field_selector_on_another_field_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.GetAsync($"{widgets.Path}?fieldSelector=spec.image%3Dnginx");

        answer.IsFailure(400, "BadRequest", "field label not supported: spec.image");
    }

    [Theory, OnBothServers]
    public async Task An_exact_resourceVersion_shows_the_past(ServerUnderTest under)
    {
        var (widgets, label) = await ThreeAsync(under);
        var before = (await widgets.Server.GetAsync($"{widgets.Path}?labelSelector=case%3D{label}")).Is(200);
        (await widgets.Server.DeleteAsync(widgets.Of(Names(before)[0]))).Is(200);

        var past = (await widgets.Server.GetAsync(
            $"{widgets.Path}?labelSelector=case%3D{label}&resourceVersion={before.ResourceVersion}&resourceVersionMatch=Exact")).Is(200);

        Assert.Equal(Names(before), Names(past));
        Assert.Equal(before.ResourceVersion, past.ResourceVersion);
    }

    [Theory, OnBothServers]
    public async Task ResourceVersionMatch_needs_a_resourceVersion(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.GetAsync($"{widgets.Path}?resourceVersionMatch=Exact");

        answer.IsFailure(
            422,
            "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
    }

    [Theory, OnBothServers]
    public async Task An_unknown_resourceVersionMatch_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.GetAsync($"{widgets.Path}?resourceVersion=0&resourceVersionMatch=Bogus");

        answer.IsFailure(
            422,
            "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Unsupported value: \"Bogus\": supported values: \"Exact\", \"NotOlderThan\", \"\"");
    }

    [Theory, OnBothServers]
    public async Task A_resourceVersion_that_is_no_number_is_refused(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.GetAsync($"{widgets.Path}?resourceVersion=abc");

        answer.IsFailure(400, "BadRequest", "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax");
    }

    [Theory, OnBothServers]
    public async Task A_resourceVersion_of_the_future_is_too_large(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);

        var answer = await widgets.Server.GetAsync($"{widgets.Path}?resourceVersion=999999999");

        answer.Is(504).Has("reason", "\"Timeout\"")
            .Has("details.causes", """[{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }]""")
            .Has("details.retryAfterSeconds", "1");
        Assert.StartsWith("Timeout: Too large resource version: 999999999, current: ", answer.Message, StringComparison.Ordinal);
    }

    [Theory, OnBothServers]
    public async Task An_object_can_be_read_as_its_metadata_alone(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();
        await widgets.CreateAsync(name);

        var answer = (await widgets.Server.GetAsync(widgets.Of(name), "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")).Is(200);

        answer.Has("kind", "\"PartialObjectMetadata\"").Has("apiVersion", "\"meta.k8s.io/v1\"").Has("metadata.name", $"\"{name}\"").Has("spec", null);
    }

    [Theory, OnBothServers]
    public async Task An_object_that_is_not_there_is_not_found(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var name = Widgets.NewName();

        var answer = await widgets.Server.GetAsync(widgets.Of(name));

        answer.IsFailure(404, "NotFound", $"{widgets.Resource} \"{name}\" not found")
            .Has("details", $$"""{ "name": "{{name}}", "group": "{{widgets.Group}}", "kind": "widgets" }""");
    }

    private static IEnumerable<JsonNode> Items(Answer list) => list.Body["items"]!.AsArray().Select(i => i!);

    private static IReadOnlyList<string> Names(Answer list) => [.. Items(list).Select(i => i["metadata"]!["name"]!.GetValue<string>())];

    /// <summary>Three widgets that share a label of their own.</summary>
    private async Task<(Widgets Widgets, string Label)> ThreeAsync(ServerUnderTest under)
    {
        var widgets = await Widgets.ForAsync(under, this);
        var label = $"case-{Widgets.NewName()}";
        for (var i = 0; i < 3; i++)
        {
            await widgets.CreateAsync(Widgets.NewName(), metadata: $"\"labels\": {{ \"case\": \"{label}\" }}");
        }

        return (widgets, label);
    }
}
