namespace CrMonitor.Contract.Tests;

public sealed class WatchTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_watch_goes_on_from_a_version(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");
        await GivenAsync("b");
        (await MergeAsync("a", """{"spec":{"replicas":2}}""")).Succeeds();

        using var watch = await WatchAsync($"resourceVersion={first.Version}");
        Assert.Equal("ADDED b", await watch.NextNameAsync());
        var modified = await watch.NextAsync();
        (await DeleteAsync("b")).Succeeds();
        var deleted = await watch.NextAsync();

        Assert.Equal("MODIFIED", (string?)modified!["type"]);
        JsonEqual((await GetAsync($"{Collection}/a")).Body.ToJsonString(), modified["object"]);
        Assert.Equal("DELETED", (string?)deleted!["type"]);
        Assert.True(
            long.Parse((string)deleted["object"]!["metadata"]!["resourceVersion"]!, null) > long.Parse(
                (string)modified["object"]!["metadata"]!["resourceVersion"]!, null),
            "a deleted object shows the version of its deletion");
    }

    [Theory, BothServers]
    public async Task A_watch_without_a_version_starts_with_what_is_there(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("b");
        await GivenAsync("a");

        using var watch = await WatchAsync("");
        Assert.Equal("ADDED a", await watch.NextNameAsync());
        Assert.Equal("ADDED b", await watch.NextNameAsync());
        await GivenAsync("c");

        Assert.Equal("ADDED c", await watch.NextNameAsync());
    }

    [Theory, BothServers]
    public async Task A_streaming_list_ends_with_its_bookmark(ServerKind server)
    {
        await UseAsync(server);
        var only = await GivenAsync("a");

        using var watch = await WatchAsync("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        Assert.Equal("ADDED a", await watch.NextNameAsync());
        var bookmark = (await watch.NextAsync())!;

        Assert.Equal("BOOKMARK", (string?)bookmark["type"]);
        var shown = bookmark["object"]!;
        Assert.Equal(("Widget", Cluster.ApiVersion), ((string?)shown["kind"], (string?)shown["apiVersion"]));
        JsonEqual("""{"k8s.io/initial-events-end":"true"}""", shown["metadata"]!["annotations"]);
        Assert.True(long.Parse((string)shown["metadata"]!["resourceVersion"]!, null) >= long.Parse(only.Version, null));
        Assert.Equal(["apiVersion", "kind", "metadata"], shown.AsObject().Select(static f => f.Key).Order());
    }

    [Theory, BothServers]
    public async Task Objects_come_and_go_with_a_selector(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a", metadata: ""","labels":{"k":"1"}""");
        using var watch = await WatchAsync($"resourceVersion={first.Version}&labelSelector=k%3D1");

        var left = (await MergeAsync("a", """{"metadata":{"labels":{"k":"2"}}}""")).Succeeds();
        (await MergeAsync("a", """{"metadata":{"labels":{"other":"2"}}}""")).Succeeds();
        var back = (await MergeAsync("a", """{"metadata":{"labels":{"k":"1"}}}""")).Succeeds();

        var deleted = (await watch.NextAsync())!;
        Assert.Equal("DELETED", (string?)deleted["type"]);
        Assert.Equal(
            ("1", left.Version),
            ((string?)deleted["object"]!["metadata"]!["labels"]!["k"], (string?)deleted["object"]!["metadata"]!["resourceVersion"]));
        var added = (await watch.NextAsync())!;
        Assert.Equal("ADDED", (string?)added["type"]);
        JsonEqual(back.Body.ToJsonString(), added["object"]);
    }

    [Theory, BothServers]
    public async Task A_watch_of_one_object_is_one_by_field_selector(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        await GivenAsync("b");

        using var watch = await WatchAsync("fieldSelector=metadata.name%3Db");

        Assert.Equal("ADDED b", await watch.NextNameAsync());
    }

    [Theory, BothServers]
    public async Task A_version_that_cannot_be_read_is_refused(ServerKind server)
    {
        await UseAsync(server);

        (await GetAsync($"{Collection}?watch=1&resourceVersion=abc")).Refuses(
            500, "", "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax");
    }

    [Theory, BothServers]
    public async Task Every_change_is_told_with_the_object_as_it_was_answered(ServerKind server)
    {
        await UseAsync(server);
        var start = (await GetAsync(Collection)).Succeeds();
        var created = await GivenAsync("a");
        var updated = (await MergeAsync("a", """{"spec":{"replicas":3}}""")).Succeeds();
        (await DeleteAsync("a")).Succeeds();

        using var watch = await WatchAsync($"resourceVersion={start.Version}");
        var events = new[] { (await watch.NextAsync())!, (await watch.NextAsync())!, (await watch.NextAsync())! };

        Assert.Equal(["ADDED", "MODIFIED", "DELETED"], events.Select(static e => (string)e["type"]!));
        JsonEqual(created.Body.ToJsonString(), events[0]["object"]);
        JsonEqual(updated.Body.ToJsonString(), events[1]["object"]);
        var deleted = events[2]["object"]!;
        Assert.True(long.Parse((string)deleted["metadata"]!["resourceVersion"]!, null) > long.Parse(updated.Version, null));
        deleted["metadata"]!["resourceVersion"] = updated.Version;
        JsonEqual(updated.Body.ToJsonString(), deleted);
    }

    [Theory, BothServers]
    public async Task A_version_that_is_no_longer_kept_is_told_in_the_stream(ServerKind server)
    {
        await UseAsync(server);

        using var watch = await WatchAsync("resourceVersion=1");
        var error = (await watch.NextAsync())!;

        Assert.Equal(200, watch.Status);
        Assert.Equal("ERROR", (string?)error["type"]);
        var status = error["object"]!;
        Assert.Equal(
            ("Status", "Failure", "Expired", 410),
            ((string?)status["kind"], (string?)status["status"], (string?)status["reason"], (int?)status["code"]));
        Assert.StartsWith("too old resource version: 1 (", (string?)status["message"], StringComparison.Ordinal);
        Assert.Null(await watch.NextAsync());
    }

    [Theory, BothServers]
    public async Task Where_a_watch_starts_follows_from_its_parameters(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        var last = await GivenAsync("b");
        await CatchUpAsync(last.Version);
        const string Stream = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
        const string NoState = "sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
        const string Bookmarks = "&allowWatchBookmarks=true";
        (string Query, string[] Expected)[] cases =
        [
            ("", ["ADDED a", "ADDED b"]),
            ("limit=1", ["ADDED a", "ADDED b"]),
            ("resourceVersion=0", ["ADDED a", "ADDED b"]),
            (Bookmarks, ["ADDED a", "ADDED b", "BOOKMARK"]),
            ($"resourceVersion=0{Bookmarks}", ["ADDED a", "ADDED b", "BOOKMARK"]),
            ($"resourceVersion={last.Version}", []),
            (Stream, ["ADDED a", "ADDED b"]),
            (Stream + Bookmarks, ["ADDED a", "ADDED b", "BOOKMARK"]),
            ($"{Stream}{Bookmarks}&resourceVersion=0", ["ADDED a", "ADDED b", "BOOKMARK"]),
            ($"{Stream}{Bookmarks}&resourceVersion=1", ["ADDED a", "ADDED b", "BOOKMARK"]),
            ($"{Stream}{Bookmarks}&resourceVersion={last.Version}", ["ADDED a", "ADDED b", "BOOKMARK"]),
            ($"{Stream}{Bookmarks}&labelSelector=k", ["BOOKMARK"]),
            ($"{Stream}{Bookmarks}&fieldSelector=metadata.name!%3Da", ["ADDED b", "BOOKMARK"]),
            ($"{NoState}&resourceVersion={last.Version}", []),
            ($"{NoState}{Bookmarks}&resourceVersion={last.Version}", []),
        ];
        var watches = new List<WatchReader>();
        try
        {
            foreach (var (query, _) in cases)
            {
                watches.Add(await WatchAsync(query));
            }

            foreach (var (watch, (query, expected)) in watches.Zip(cases))
            {
                foreach (var next in expected)
                {
                    Assert.Equal((query, next), (query, await watch.NextNameAsync()));
                }
            }

            await GivenAsync("z", metadata: ""","labels":{"k":""}""");

            foreach (var (watch, (query, _)) in watches.Zip(cases))
            {
                var next = await watch.NextNameAsync();
                while (next == "BOOKMARK" && query.Contains(Bookmarks, StringComparison.Ordinal))
                {
                    // A server sends more of them when it likes.
                    next = await watch.NextNameAsync();
                }

                Assert.Equal((query, "ADDED z"), (query, next));
            }
        }
        finally
        {
            watches.ForEach(static w => w.Dispose());
        }
    }

    [Theory, BothServers]
    public async Task Objects_come_and_go_with_a_field_selector(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a", """{"image":"i","mode":"a"}""");
        using var watch = await WatchAsync($"resourceVersion={first.Version}&fieldSelector=spec.mode%3Da");

        (await MergeAsync("a", """{"spec":{"mode":"b"}}""")).Succeeds();
        (await MergeAsync("a", """{"spec":{"replicas":2}}""")).Succeeds();
        var back = (await MergeAsync("a", """{"spec":{"mode":"a"}}""")).Succeeds();

        var deleted = (await watch.NextAsync())!;
        Assert.Equal(("DELETED", "a"), ((string?)deleted["type"], (string?)deleted["object"]!["spec"]!["mode"]));
        var added = (await watch.NextAsync())!;
        Assert.Equal("ADDED", (string?)added["type"]);
        JsonEqual(back.Body.ToJsonString(), added["object"]);
    }
}
