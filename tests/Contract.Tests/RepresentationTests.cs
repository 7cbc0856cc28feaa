namespace CrMonitor.Contract.Tests;

/// <summary>The other forms that a client may ask for: tables, and the metadata alone.</summary>
public sealed class RepresentationTests(Servers servers) : ContractTest(servers)
{
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";

    private const string Metadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";

    private const string MetadataList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

    [Theory, BothServers]
    public async Task A_table_has_the_printer_columns(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        (await MergeAsync("a/status", """{"status":{"conditions":[{"type":"Other","status":"False"},{"type":"Ready","status":"True"}]}}""")).Succeeds();

        var table = (await GetAsync($"{Collection}/a", Table)).Succeeds();

        table.Has("kind", "\"Table\"").Has("apiVersion", "\"meta.k8s.io/v1\"")
            .Has("columnDefinitions.0.name", "\"Name\"").Has("columnDefinitions.0.format", "\"name\"").Has("columnDefinitions.0.type", "\"string\"")
            .Has("columnDefinitions.1.name", "\"Image\"").Has("columnDefinitions.1.type", "\"string\"")
            .Has("columnDefinitions.2.name", "\"Replicas\"").Has("columnDefinitions.2.type", "\"integer\"")
            .Has("columnDefinitions.3.name", "\"Ready\"")
            .Has("columnDefinitions.4.name", "\"Age\"").Has("columnDefinitions.4.type", "\"date\"")
            .Has("columnDefinitions.5", null)
            .Has("rows.0.cells.0", "\"a\"").Has("rows.0.cells.1", "\"i\"").Has("rows.0.cells.2", "1").Has("rows.0.cells.3", "\"True\"")
            .Has("rows.0.object.kind", "\"PartialObjectMetadata\"").Has("rows.0.object.apiVersion", "\"meta.k8s.io/v1\"").Has(
                "rows.0.object.metadata.name", "\"a\"")
            .Has("rows.0.object.spec", null);
        Assert.Matches("^[0-9]+s$", (string?)table.At("rows.0.cells.4"));
    }

    [Theory, BothServers]
    public async Task A_cell_without_a_value_is_null_and_a_table_may_carry_no_objects(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        var table = (await GetAsync($"{Collection}?includeObject=None", Table)).Succeeds();

        Assert.Equal(5, table.At("rows.0.cells")!.AsArray().Count);
        table.Has("rows.0.cells.3", null).Has("rows.0.object", null).Has("rows.1", null);
    }

    [Theory, BothServers]
    public async Task A_table_may_carry_whole_objects(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var table = (await GetAsync($"{Collection}?includeObject=Object", Table)).Succeeds();

        JsonEqual(first.Body.ToJsonString(), table.At("rows.0.object"));
    }

    [Theory, BothServers]
    public async Task A_table_in_pages_has_the_metadata_of_the_list(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        await GivenAsync("b");

        var first = (await GetAsync($"{Collection}?limit=1", Table)).Succeeds();
        var second = (await GetAsync($"{Collection}?limit=1&continue={first.Metadata["continue"]}", Table)).Succeeds();

        first.Has("rows.0.cells.0", "\"a\"").Has("rows.1", null).Has("metadata.remainingItemCount", "1");
        second.Has("rows.0.cells.0", "\"b\"").Has("rows.1", null).Has("metadata.continue", null).Has(
            "metadata.resourceVersion", $"\"{first.Version}\"");
    }

    [Theory, BothServers]
    public async Task An_object_can_be_read_as_its_metadata_alone(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var answer = (await GetAsync($"{Collection}/a", Metadata)).Succeeds();

        Assert.Equal(["apiVersion", "kind", "metadata"], answer.Body.Select(static f => f.Key).Order());
        answer.Has("kind", "\"PartialObjectMetadata\"").Has("apiVersion", "\"meta.k8s.io/v1\"").Has("metadata", first.Metadata.ToJsonString());
    }

    [Theory, BothServers]
    public async Task A_list_can_be_read_as_metadata_alone(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        var answer = (await GetAsync(Collection, MetadataList)).Succeeds();

        Assert.Equal(["a"], answer.Names);
        answer.Has("kind", "\"PartialObjectMetadataList\"").Has("apiVersion", "\"meta.k8s.io/v1\"")
            .Has("items.0.metadata", first.Metadata.ToJsonString()).Has("items.0.spec", null).Has("items.0.kind", "\"PartialObjectMetadata\"");
        Assert.Matches("^[1-9][0-9]*$", answer.Version);
    }

    [Theory, BothServers]
    public async Task What_is_created_patched_and_deleted_can_be_shown_as_metadata_alone(ServerKind server)
    {
        await UseAsync(server);

        var created = (await Cluster.SendAsync(HttpMethod.Post, Collection, Widget("a", metadata: ""","finalizers":["example.com/f"]"""), accept: Metadata)).Succeeds(201);
        var patched = (await Cluster.SendAsync(HttpMethod.Patch, $"{Collection}/a", """{"spec":{"replicas":2}}""", "application/merge-patch+json", Metadata)).Succeeds();
        var deleted = (await Cluster.SendAsync(HttpMethod.Delete, $"{Collection}/a", accept: Metadata)).Succeeds();
        (await MergeAsync("a", """{"metadata":{"finalizers":null}}""")).Succeeds();

        created.Has("kind", "\"PartialObjectMetadata\"").Has("metadata.generation", "1").Has("spec", null);
        patched.Has("kind", "\"PartialObjectMetadata\"").Has("metadata.generation", "2").Has("spec", null);
        deleted.Has("kind", "\"PartialObjectMetadata\"").Has("metadata.generation", "3").Has("spec", null);
    }

    [Theory, BothServers]
    public async Task A_watch_can_carry_metadata_alone(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");

        using var watch = await WatchAsync("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", Metadata);
        var added = (await watch.NextAsync())!;
        var bookmark = (await watch.NextAsync())!;

        Assert.Equal("ADDED", (string?)added["type"]);
        JsonEqual(
            $$"""{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{{first.Metadata.ToJsonString()}}}""", added["object"]);
        Assert.Equal(("BOOKMARK", "PartialObjectMetadata"), ((string?)bookmark["type"], (string?)bookmark["object"]!["kind"]));
        JsonEqual("""{"k8s.io/initial-events-end":"true"}""", bookmark["object"]!["metadata"]!["annotations"]);
    }

    [Theory, BothServers]
    public async Task A_watch_of_tables_names_the_columns_once(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        await GivenAsync("b");

        using var watch = await WatchAsync("", Table);
        var first = (await watch.NextAsync())!["object"]!;
        var second = (await watch.NextAsync())!["object"]!;

        Assert.Equal(("Table", 5), ((string?)first["kind"], first["columnDefinitions"]!.AsArray().Count));
        Assert.Equal("a", (string?)first["rows"]![0]!["cells"]![0]);
        Assert.Equal("Table", (string?)second["kind"]);
        Assert.Null(second["columnDefinitions"]);
        Assert.Equal("b", (string?)second["rows"]![0]!["cells"]![0]);
    }

    [Theory, BothServers]
    public async Task A_form_that_no_answer_has_is_not_acceptable(ServerKind server)
    {
        await UseAsync(server);

        foreach (var accept in (string[])
            [
                "text/plain",
                "application/json;as=Nothing;v=v1;g=meta.k8s.io",
                "application/json;as=Table;v=v9;g=meta.k8s.io",
                "application/json;as=Table;v=v1",
                "application/json;as=Table;g=meta.k8s.io",
                "application/json;stream=other",
            ])
        {
            Assert.Equal((accept, 406), (accept, (await GetAsync(Collection, accept)).Status));
        }
    }

    [Theory, BothServers]
    public async Task Of_the_forms_that_are_known_the_best_liked_is_taken(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        foreach (var (accept, kind) in (IEnumerable<(string, string)>)
            [
                ($"text/plain,{Table},application/json", "Table"),
                ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "Widget"),
                ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", "Table"),
                ($"{Table};q=0.5,application/json", "Widget"),
                ($"application/json;q=0.5,{Table};q=0.9", "Table"),
                ("*/*", "Widget"),
            ])
        {
            Assert.Equal((accept, kind), (accept, (string?)(await GetAsync($"{Collection}/a", accept)).Succeeds().Body["kind"]));
        }
    }
}
