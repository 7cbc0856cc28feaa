namespace CrMonitor.Contract.Tests;

public sealed class ListTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_list_is_in_the_order_of_names(ServerKind server)
    {
        await UseAsync(server);
        foreach (var name in (string[])["b", "c", "a"])
        {
            await GivenAsync(name);
        }

        var list = (await GetAsync(Collection)).Succeeds();

        Assert.Equal(["a", "b", "c"], list.Names);
        Assert.Equal(("WidgetList", Cluster.ApiVersion), ((string?)list.Body["kind"], (string?)list.Body["apiVersion"]));
        Assert.All(list.Body["items"]!.AsArray(), i => Assert.Equal(("Widget", Cluster.ApiVersion), ((string?)i!["kind"], (string?)i["apiVersion"])));
        Assert.All(
            list.Body["items"]!.AsArray(),
            i => Assert.True(long.Parse((string)i!["metadata"]!["resourceVersion"]!, null) <= long.Parse(list.Version, null)));
    }

    [Theory, BothServers]
    public async Task A_list_in_pages_shows_one_revision(ServerKind server)
    {
        await UseAsync(server);
        foreach (var name in (string[])["a", "b", "c", "d", "e"])
        {
            await GivenAsync(name);
        }

        var first = (await GetAsync($"{Collection}?limit=2")).Succeeds();
        (await DeleteAsync("d")).Succeeds();
        await GivenAsync("bb");
        (await MergeAsync("c", """{"spec":{"replicas":7}}""")).Succeeds();
        var second = (await GetAsync($"{Collection}?limit=2&continue={first.Metadata["continue"]}")).Succeeds();
        var third = (await GetAsync($"{Collection}?limit=2&continue={second.Metadata["continue"]}")).Succeeds();

        Assert.Equal(["a", "b"], first.Names);
        Assert.Equal(3, (int?)first.Metadata["remainingItemCount"]);
        Assert.Equal(["c", "d"], second.Names);
        Assert.Equal(1, (int?)second.Metadata["remainingItemCount"]);
        Assert.Equal(1, (int?)second.Body["items"]![0]!["spec"]!["replicas"]);
        Assert.Equal(["e"], third.Names);
        Assert.Equal("", (string?)third.Metadata["continue"] ?? "");
        Assert.Equal((first.Version, first.Version), (second.Version, third.Version));
    }

    [Theory, BothServers]
    public async Task A_past_revision_can_be_listed(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        var second = await GivenAsync("b");
        (await DeleteAsync("a")).Succeeds();
        var last = await GivenAsync("c");
        await CatchUpAsync(last.Version);

        var list = (await GetAsync($"{Collection}?resourceVersion={second.Version}&resourceVersionMatch=Exact")).Succeeds();

        Assert.Equal(["a", "b"], list.Names);
        Assert.Equal(second.Version, list.Version);
        Assert.Equal(["b", "c"], (await GetAsync($"{Collection}?resourceVersion={second.Version}&resourceVersionMatch=NotOlderThan")).Names);
    }

    [Theory, BothServers]
    public async Task Label_selectors_select(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", metadata: ""","labels":{"n":"1","x":""}""");
        await GivenAsync("b", metadata: ""","labels":{"n":"2"}""");
        await GivenAsync("c");

        foreach (var (selector, expected) in (IEnumerable<(string, string)>)
            [
                ("n", "a b"), ("!n", "c"), ("n=1", "a"), ("n==1", "a"), ("n!=1", "b c"), ("n in (1,2)", "a b"), ("n notin (1)", "b c"), ("n>1", "b"),
                ("n<2", "a"),
                ("n,!x", "b"), ("n in (1,2),x", "a"), ("n in (1, 2)", "a b"), ("n,x==,n=1", "a"), ("x=", "a"), ("", "a b c"), ("n in (,1)", "a"),
            ])
        {
            var list = (await GetAsync($"{Collection}?labelSelector={Uri.EscapeDataString(selector)}")).Succeeds();
            Assert.Equal((selector, expected), (selector, string.Join(' ', list.Names)));
        }
    }

    [Theory, BothServers]
    public async Task Selectors_that_cannot_be_read_are_refused(ServerKind server)
    {
        await UseAsync(server);

        foreach (var (query, message) in (IEnumerable<(string, string)>)
            [
                ("labelSelector=n in (1", "unable to parse requirement: found '', expected: ',' or ')'"),
                ("labelSelector=n>a", "unable to parse requirement: values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the value must be an integer"),
                ("labelSelector=x y=1", "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"),
                ("labelSelector=n=a b", "found 'b', expected: ',' or 'end of string'"),
                ("labelSelector=,", "found ',', expected: !, identifier, or 'end of string'"),
                ("labelSelector=n,", "found '', expected: identifier after ','"),
                ("labelSelector=n in", "unable to parse requirement: found '' expected: '('"),
                ("labelSelector=n in a", "unable to parse requirement: found 'a' expected: '('"),
                ("labelSelector=!", "unable to parse requirement: found '', expected: identifier"),
                ("fieldSelector=foo", "invalid selector: 'foo'; can't understand 'foo'"),
                ("fieldSelector=spec.foo=1", "field label not supported: spec.foo"),
                ("fieldSelector=metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
                ("limit=x", "strconv.ParseInt: parsing \"x\": invalid syntax"),
                ("resourceVersion=x", "invalid resource version: resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid syntax"),
            ])
        {
            var (name, value) = (query[..query.IndexOf('=', StringComparison.Ordinal)], query[(query.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            (await GetAsync($"{Collection}?{name}={Uri.EscapeDataString(value)}")).Refuses(400, "BadRequest", message);
        }
    }

    [Theory, BothServers]
    public async Task Field_selectors_select(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", """{"image":"i","mode":"a"}""");
        await GivenAsync("b", """{"image":"i","mode":"b"}""");

        Assert.Equal(["a"], (await GetAsync($"{Collection}?fieldSelector=metadata.name%3Da")).Succeeds().Names);
        Assert.Equal(["b"], (await GetAsync($"{Collection}?fieldSelector=metadata.name!%3Da")).Succeeds().Names);
        Assert.Equal(["b"], (await GetAsync($"{Collection}?fieldSelector=spec.mode%3Db,metadata.namespace%3D{Namespace}")).Succeeds().Names);
    }

    [Theory, BothServers]
    public async Task Parameters_that_contradict_each_other_are_refused(ServerKind server)
    {
        await UseAsync(server);

        foreach (var (query, message) in (IEnumerable<(string, string)>)
            [
                ("resourceVersionMatch=Exact", "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"),
                ("resourceVersion=0&resourceVersionMatch=Exact", "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""),
                ("resourceVersion=1&resourceVersionMatch=Foo", "resourceVersionMatch: Unsupported value: \"Foo\": supported values: \"Exact\", \"NotOlderThan\", \"\""),
                ("resourceVersion=0&resourceVersionMatch=Foo", "resourceVersionMatch: Unsupported value: \"Foo\": supported values: \"Exact\", \"NotOlderThan\", \"\""),
                ("continue=x&resourceVersion=0&resourceVersionMatch=NotOlderThan", "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided"),
                (
                    "continue=x&resourceVersionMatch=Exact",
                    "[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, "
                    + "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided]"),
                ("sendInitialEvents=true", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"),
                ("watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1", "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
                (
                    "watch=1&resourceVersionMatch=Foo",
                    "[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided, "
                    + "resourceVersionMatch: Unsupported value: \"Foo\": supported values: \"NotOlderThan\"]"),
                (
                    "watch=1&sendInitialEvents=true&resourceVersionMatch=Exact",
                    "[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, "
                    + "resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]"),
                ("watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x", "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided"),
                ("watch=1&continue=x", "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided"),
                ("watch=1&sendInitialEvents=false", "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
                ("watch=1&sendInitialEvents=true", "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
            ])
        {
            (await GetAsync($"{Collection}?{query}")).Refuses(422, "Invalid", $"ListOptions.meta.k8s.io \"\" is invalid: {message}");
        }
    }

    [Theory, BothServers]
    public async Task Unknown_paths_are_not_found(ServerKind server)
    {
        await UseAsync(server);

        Assert.Equal(404, (await GetAsync($"/apis/{Cluster.Group}/v1/nope")).Status);
        Assert.Equal(404, (await GetAsync($"/apis/{Cluster.Group}/v9/widgets")).Status);
        Assert.Equal(404, (await GetAsync("/apis/nope.example.com/v1/widgets")).Status);
    }

    [Theory, BothServers]
    public async Task Pages_by_a_selector_show_one_revision_and_not_how_many_remain(ServerKind server)
    {
        await UseAsync(server);
        foreach (var name in (string[])["a", "c", "d"])
        {
            await GivenAsync(name, metadata: ""","labels":{"k":"1"}""");
        }

        await GivenAsync("b");
        var first = (await GetAsync($"{Collection}?labelSelector=k&limit=2")).Succeeds();
        await GivenAsync("e", metadata: ""","labels":{"k":"1"}""");
        var second = (await GetAsync($"{Collection}?labelSelector=k&limit=2&continue={first.Metadata["continue"]}")).Succeeds();

        Assert.Equal(["a", "c"], first.Names);
        Assert.False(first.Metadata.ContainsKey("remainingItemCount"));
        Assert.Equal(["d"], second.Names);
        Assert.Equal(first.Version, second.Version);
        Assert.Equal("", (string?)second.Metadata["continue"] ?? "");
    }

    [Theory, BothServers]
    public async Task A_continue_token_cannot_be_read_with_a_version_or_when_it_is_none(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        await GivenAsync("b");
        var first = (await GetAsync($"{Collection}?limit=1")).Succeeds();

        (await GetAsync($"{Collection}?limit=1&continue={first.Metadata["continue"]}&resourceVersion=5")).Refuses(
            400, "BadRequest", "specifying resource version is not allowed when using continue");
        (await GetAsync($"{Collection}?limit=1&continue=not!")).Refuses(
            400, "BadRequest", "invalid continue token: continue key is not valid: illegal base64 data at input byte 3");
        var nonsense = await GetAsync($"{Collection}?limit=1&continue=nonsense");
        Assert.Equal((400, "BadRequest"), (nonsense.Status, nonsense.Reason));
        Assert.StartsWith("invalid continue token: continue key is not valid: ", nonsense.Message, StringComparison.Ordinal);
    }

    [Theory, BothServers]
    public async Task What_a_list_shows_follows_from_version_match_limit_and_token(ServerKind server)
    {
        await UseAsync(server);
        foreach (var name in (string[])["a", "b", "c"])
        {
            await GivenAsync(name);
        }

        var first = (await GetAsync($"{Collection}?limit=1")).Succeeds();
        var (now, token) = (first.Version, (string)first.Metadata["continue"]!);
        await CatchUpAsync(now);
        foreach (var (query, expected) in (IEnumerable<(string, string)>)
            [
                ("", "a b c"),
                ("limit=-1", "a b c"),
                ("limit=3", "a b c"),
                ("limit=2", "a b ..."),
                ("watch=false", "a b c"),
                ("allowWatchBookmarks=true", "a b c"),
                ("resourceVersion=0", "a b c"),
                ("resourceVersion=1", "a b c"),
                ("resourceVersion=1&resourceVersionMatch=NotOlderThan", "a b c"),
                ("resourceVersion=0&resourceVersionMatch=NotOlderThan", "a b c"),
                ($"resourceVersion={now}&resourceVersionMatch=Exact", "a b c"),
                ("limit=1&resourceVersion=0", "a b c"),
                ("limit=1&resourceVersion=0&resourceVersionMatch=NotOlderThan", "a b c"),
                ($"limit=1&resourceVersion={now}", "a ..."),
                ($"limit=1&resourceVersion={now}&resourceVersionMatch=NotOlderThan", "a ..."),
                ($"limit=1&resourceVersion={now}&resourceVersionMatch=Exact", "a ..."),
                ($"limit=1&continue={token}", "b ..."),
                ($"continue={token}", "b c"),
            ])
        {
            var list = (await GetAsync($"{Collection}?{query}")).Succeeds();
            var more = string.IsNullOrEmpty((string?)list.Metadata["continue"]) ? "" : " ...";
            Assert.Equal((query, expected), (query, string.Join(' ', list.Names) + more));
        }

        // A real server ignores the limit beside version 0 only while its cache keeps the revision of the token.
        var rest = (await GetAsync($"{Collection}?limit=1&continue={token}&resourceVersion=0")).Succeeds();
        Assert.Contains(string.Join(' ', rest.Names), server == ServerKind.Real ? (string[])["b c", "b"] : ["b c"]);
    }

    [Theory, BothServers]
    public async Task All_namespaces_can_be_listed_together_in_pages(ServerKind server)
    {
        await UseAsync(server);
        string[] namespaces = [.. ((string[])[Namespace, await Cluster.NewNamespaceAsync()]).Order(StringComparer.Ordinal)];
        var label = $"n{Guid.NewGuid():N}";
        foreach (var (ns, name) in (IEnumerable<(string, string)>)[(namespaces[1], "a"), (namespaces[0], "b"), (namespaces[0], "a")])
        {
            (await Cluster.SendAsync(
                HttpMethod.Post, $"/apis/{Cluster.ApiVersion}/namespaces/{ns}/widgets", Widget(name, metadata: $$$""","labels":{"{{{label}}}":""}"""))).Succeeds(201);
        }

        static IEnumerable<string> Keys(Answer list) =>
            list.Body["items"]!.AsArray().Select(static i => $"{i!["metadata"]!["namespace"]}/{i["metadata"]!["name"]}");
        var all = $"/apis/{Cluster.ApiVersion}/widgets?labelSelector={label}";
        var first = (await GetAsync($"{all}&limit=2")).Succeeds();
        var second = (await GetAsync($"{all}&limit=2&continue={first.Metadata["continue"]}")).Succeeds();

        Assert.Equal([$"{namespaces[0]}/a", $"{namespaces[0]}/b"], Keys(first));
        Assert.Equal([$"{namespaces[1]}/a"], Keys(second));
        Assert.Equal([$"{namespaces[1]}/a"], Keys((await GetAsync($"{all}&fieldSelector=metadata.namespace%3D{namespaces[1]}")).Succeeds()));
    }
}
