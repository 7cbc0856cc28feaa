using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>What creates, updates, patches and deletions make of every form of their bodies and parameters.</summary>
public sealed class WriteComparisonTests(Servers servers) : ComparisonTest(servers)
{
    private const string ManyMistakes = """{"image":"i","foo":1,"image":"j","free":{"x":1,"x":2},"ports":[{"name":"p","bar":1,"bar":2}]}""";

    [Fact]
    public Task Names_are_taken_alike() => CompareAsync(static async side =>
    {
        string[] names = [new('a', 253), new('a', 254), "a.b", "a..b", "-a", "a-", "1", "A", "a_b", ".", "", "a/b", "a%"];
        foreach (var name in names)
        {
            await side.CompareAsync(HttpMethod.Post, "", side.Widget(name));
        }

        foreach (var prefix in (string[])["gen-", "gen.", "gen_", "Gen-", new string('a', 58), new string('a', 250) + "-"])
        {
            var created = await side.DoAsync(HttpMethod.Post, "", side.Widget("", metadata: $",\"generateName\":\"{prefix}\""));
            side.Note(prefix, created.Status == 201 ? new JsonArray(created.Status, ((string)created.Metadata["name"]!).Length) : new JsonArray(
                created.Status, created.Reason));
        }

        await side.CompareAsync(HttpMethod.Post, "", side.Widget("both", metadata: ""","generateName":"gen-" """));
        await side.CompareAsync(HttpMethod.Post, "/other", side.Widget("named-by-its-body"));
    });

    [Fact]
    public Task Metadata_of_a_create_is_taken_alike() => CompareAsync(static async side =>
    {
        foreach (var metadata in (string[])
            [
                """ "labels":{"":"x"} """, """ "labels":{"a/":"x"} """, """ "labels":{"/a":"x"} """,
                $$""" "labels":{"{{new string('a', 64)}}":"x"} """,
                $$""" "labels":{"a":"{{new string('a', 64)}}"} """, """ "labels":{"a":"-"} """, """ "labels":null """, """ "labels":{} """,
                """ "labels":{"a":null} """, """ "labels":[] """, """ "labels":"x" """, """ "annotations":{"A":"x"} """,
                """ "annotations":{"a b":"x"} """,
                """ "annotations":{"a":1} """, $$""" "annotations":{"a":"{{new string('x', 300_000)}}"} """, """ "finalizers":["a"] """,
                """ "finalizers":["a/b","a/b"] """, """ "finalizers":[""] """, """ "finalizers":["A b/c"] """,
                """ "finalizers":["orphan","foregroundDeletion"] """,
                """ "finalizers":["foregroundDeletion"] """, """ "finalizers":"x" """, """ "finalizers":[1] """, """ "ownerReferences":[{}] """,
                """ "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"x"}] """,
                """ "ownerReferences":[{"apiVersion":"v1","kind":"Event","name":"x","uid":"u"}] """,
                """ "ownerReferences":[{"apiVersion":"a/b/c","kind":"K","name":"x","uid":"u"}] """,
                """ "ownerReferences":[{"apiVersion":"v1","kind":"K","name":"x","uid":"u"},{"apiVersion":"v1","kind":"K","name":"x","uid":"u"}] """,
                """ "ownerReferences":[{"apiVersion":"v1","kind":"K","name":"x","uid":"u","blockOwnerDeletion":"x"}] """,
                """ "ownerReferences":{} """, """ "uid":"x" """, """ "uid":1 """, """ "creationTimestamp":"2001-01-01T00:00:00Z" """,
                """ "creationTimestamp":null """,
                """ "deletionTimestamp":"2001-01-01T00:00:00Z" """, """ "deletionGracePeriodSeconds":5 """, """ "generation":7 """,
                """ "generation":"x" """,
                """ "selfLink":"x" """, """ "managedFields":[] """, """ "managedFields":[{}] """, """ "managedFields":"x" """,
                """ "clusterName":"x" """,
                """ "resourceVersion":"" """, """ "resourceVersion":"0" """, """ "resourceVersion":"x" """, """ "resourceVersion":5 """,
                """ "namespace":"" """,
                """ "namespace":5 """, """ "namespace":"x" """,
            ])
        {
            await side.CompareAsync(HttpMethod.Post, "", side.Widget("a", metadata: $",{metadata}"));
            await side.ClearAsync("a");
        }
    });

    [Fact]
    public Task Bodies_that_are_no_objects_of_the_kind_are_refused_alike() => CompareAsync(static async side =>
    {
        var header = $"\"apiVersion\":\"{side.Cluster.ApiVersion}\"";
        foreach (var body in (string[])
            [
                "", "{}", "[]", "null", "1", "\"x\"", "x", "true", "tru", "nul", "{", "[1,", "[1 2]", """{"a":1,}""", """{"a" 1}""", "{a:1}",
                "{'a':1}", "{\"a\":\"\n\"}",
                """{"a":"\x"}""", """{"a":"\u12g4"}""", """{"a":01}""", """{"a":1.}""", """{"a":1e}""", """{"a":-}""", """{"a":1 "b":2}""",
                """{"a":1}}""",
                """{"kind":"Widget"}""", $"{{{header}}}", $$"""{{{header}},"kind":"Widget"}""", $$"""{{{header}},"kind":"Widget","metadata":[]}""",
                $$"""{{{header}},"kind":"Widget","metadata":null}""", $$$"""{{{{header}}},"kind":"Widget","metadata":{"name":"s"},"spec":[]}""",
                $$$"""{{{{header}}},"kind":"Widget","metadata":{"name":"s"},"spec":null}""", $$$"""{{{{header}}},"kind":"Widget","metadata":{"name":"t"}}""",
                """{"apiVersion":1,"kind":"Widget","metadata":{"name":"s"}}""", """{"apiVersion":"a/b/c","kind":"Widget","metadata":{"name":"s"}}""",
                $$$"""{{{{header}}},"kind":5,"metadata":{"name":"s"}}""", """{"apiVersion":"v1","kind":"Widget","metadata":{"name":"s"}}""",
                $$$"""{{{{header}}},"kind":"Widget","metadata":{"name":"s"}} x""",
                $$$"""{{{{header}}},"kind":"widget","metadata":{"name":"s"}}""", $$$"""{{{{header}}},"Kind":"Widget","metadata":{"name":"s"}}""",
                $$$$"""{{{{{header}}}},"kind":"Widget","metadata":{"name":"u"},"spec":{"image":"\ud800 \\ud800 \ud83d\ude00"}}""",
            ])
        {
            await side.CompareAsync(HttpMethod.Post, "", body);
        }
    });

    [Fact]
    public Task Parameters_of_a_create_are_taken_alike() => CompareAsync(static async side =>
    {
        foreach (var query in (string[])
            [
                "dryRun=", "dryRun=All", "dryRun=All&dryRun=All", "dryRun=All&dryRun=x", "dryRun=all", "fieldManager=",
                $"fieldManager={new string('a', 128)}",
                $"fieldManager={new string('a', 129)}", "fieldManager=a%07b", "fieldManager=%C3%A4", "fieldManager=a%20b", "fieldValidation=", "fieldValidation=strict",
                "fieldValidation=Ignore", "fieldValidation=Warn&fieldValidation=Strict", "force=true",
                $"dryRun=x&fieldValidation=y&fieldManager={new string('a', 129)}",
            ])
        {
            var answer = await side.DoAsync(HttpMethod.Post, $"?{query}", side.Widget("a", """{"image":"i","unknown":1}"""));
            answer.Body["metadata"]?.AsObject().Remove("resourceVersion");
            side.Note(query, new JsonArray(answer.Status, answer.Body.DeepClone(), string.Join('\n', answer.Warnings)));
            await side.ClearAsync("a");
        }
    });

    [Theory]
    [InlineData("Strict")]
    [InlineData("Warn")]
    [InlineData("Ignore")]
    [InlineData("")]
    public Task Unknown_and_repeated_fields_are_told_alike(string validation) => CompareAsync(async side =>
    {
        var query = $"?fieldManager=m&fieldValidation={validation}";
        var apply = query + "&force=true";
        await side.CompareAsync(
            HttpMethod.Post,
            query,
            side.Widget(
                "b",
                ManyMistakes,
                ""","bar":1,"labels":{"a":"1","a":"2"},"name":"b","ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u","zz":1}] """,
                ""","top":1,"top":2,"status":{"x":1},"kind":"Widget" """));
        await side.ClearAsync("b");
        var header = $"apiVersion: {side.Cluster.ApiVersion}\nkind: Widget\nmetadata:\n  name: ";
        await side.CompareAsync(
            HttpMethod.Post, query, header + "b\n  bar: 1\nspec:\n  image: i\n  foo: 1\n  image: j\n  ports:\n  - name: p\n    bar: 1\n    bar: 2\ntop: 1\n", "application/yaml");

        await side.RenewAsync("a");
        var version = (await side.DoAsync(HttpMethod.Get, "/a")).Version;
        var updated = await side.DoAsync(
            HttpMethod.Put, "/a" + query, side.Widget("a", ManyMistakes, $",\"resourceVersion\":\"{version}\",\"bar\":1"));
        side.Note("PUT", new JsonArray(updated.Status, updated.Message, string.Join('\n', updated.Warnings)));
        foreach (var patch in (string[])
            [
                """[{"op":"add","path":"/spec/foo","value":1},{"op":"add","path":"/metadata/bar","value":1}]""",
                """[{"op":"add","op":"add","path":"/spec/mode","value":"a"}]""",
                """[{"op":"add","path":"/spec/mode","value":"a","foo":1}]""",
                """[{"op":"add","path":"/spec/free","value":{"x":1,"x":2}}]""",
            ])
        {
            await side.RenewAsync("a");
            await side.JsonPatchAsync("a", patch, query);
        }

        await side.RenewAsync("a");
        await side.MergeAsync("a", """{"spec":{"foo":1,"image":"k","image":"j"},"metadata":{"bar":1},"top":1}""", query);
        await side.RenewAsync("a");
        await side.MergeAsync("a/status", """{"status":{"phase":"x","zz":1},"spec":{"foo":1}}""", query);
        foreach (var (spec, metadata, rest) in (IEnumerable<(string, string, string)>)
            [
                ("""{"image":"j","image":"k"}""", "", ""), ("""{"image":"j","foo":1}""", "", ""), ("""{"image":"j"}""", ",\"bar\":1", ""),
                ("""{"image":"j"}""", "", ",\"top\":1"),
            ])
        {
            await side.RenewAsync("a");
            await side.ApplyAsync("a", side.Widget("a", spec, metadata, rest), apply);
        }

        await side.ApplyAsync("a", header + "a\nspec:\n  image: i\n  image: j\n", apply);
    });

    [Fact]
    public Task Updates_are_taken_alike() => CompareAsync(static async side =>
    {
        await side.RenewAsync("a");
        (string What, Action<JsonObject> Change, string Path)[] updates =
        [
            ("no version", static o => Metadata(o).Remove("resourceVersion"), "/a"),
            ("version 0", static o => Metadata(o)["resourceVersion"] = "0", "/a"),
            ("version x", static o => Metadata(o)["resourceVersion"] = "x", "/a"),
            ("version empty", static o => Metadata(o)["resourceVersion"] = "", "/a"),
            ("version a number", static o => Metadata(o)["resourceVersion"] = 5, "/a"),
            ("version old", static o => Metadata(o)["resourceVersion"] = "1", "/a"),
            ("uid", static o => Metadata(o)["uid"] = "u", "/a"),
            ("uid and no version", static o => (Metadata(o)["uid"] = "u", Metadata(o).Remove("resourceVersion")).ToString(), "/a"),
            ("no uid", static o => Metadata(o).Remove("uid"), "/a"),
            ("name", static o => Metadata(o)["name"] = "b", "/a"),
            ("no name", static o => Metadata(o).Remove("name"), "/a"),
            ("name of the path", static _ => { }, "/b"),
            ("namespace", static o => Metadata(o)["namespace"] = "other", "/a"),
            ("no namespace", static o => Metadata(o).Remove("namespace"), "/a"),
            ("kind", static o => o["kind"] = "Other", "/a"),
            ("no apiVersion", static o => o.Remove("apiVersion"), "/a"),
            ("no metadata", static o => o.Remove("metadata"), "/a"),
            ("deletionTimestamp", static o => Metadata(o)["deletionTimestamp"] = "2001-01-01T00:00:00Z", "/a"),
            ("grace period", static o => Metadata(o)["deletionGracePeriodSeconds"] = 5, "/a"),
            ("no creationTimestamp", static o => Metadata(o).Remove("creationTimestamp"), "/a"),
            ("generateName", static o => Metadata(o)["generateName"] = "x-", "/a"),
            ("no managed fields", static o => Metadata(o).Remove("managedFields"), "/a"),
            ("managed fields cleared", static o => Metadata(o)["managedFields"] = new JsonArray(new JsonObject()), "/a"),
            ("after that", static o => o["spec"]!["replicas"] = 4, "/a"),
            ("managed fields of nobody", static o => Metadata(o)["managedFields"] = new JsonArray(new JsonObject { ["manager"] = "x" }), "/a"),
            ("finalizers", static o => Metadata(o)["finalizers"] = new JsonArray("a/b", "a/b"), "/a"),
            ("no finalizers", static o => Metadata(o).Remove("finalizers"), "/a"),
            ("no spec", static o => o.Remove("spec"), "/a"),
            ("status by the object", static o => o["status"] = new JsonObject { ["phase"] = 1 }, "/a"),
            ("status of a wrong type", static o => o["status"] = new JsonObject { ["phase"] = 1 }, "/a/status"),
            ("status", static o => (o["status"] = new JsonObject { ["phase"] = "p" }, o["spec"] = new JsonObject()).ToString(), "/a/status"),
            ("no status", static o => o.Remove("status"), "/a/status"),
            ("status without version", static o => Metadata(o).Remove("resourceVersion"), "/a/status"),
            ("status of another name", static _ => { }, "/b/status"),
            ("status of another namespace", static o => Metadata(o)["namespace"] = "x", "/a/status"),
            ("status of another kind", static o => o["kind"] = "x", "/a/status"),
            ("status and a label", static o => (o["status"] = new JsonObject { ["phase"] = "q" }, Metadata(o)["labels"] = new JsonObject { ["a"] = "b" }).ToString(), "/a/status"),
            ("dry run", static o => o["spec"] = new JsonObject { ["image"] = "d" }, "/a?dryRun=All"),
            ("dry run x", static _ => { }, "/a?dryRun=x"),
            ("not there", static o => Metadata(o)["name"] = "z", "/z"),
        ];
        foreach (var (what, change, path) in updates)
        {
            var obj = (await side.DoAsync(HttpMethod.Get, "/a")).Body;
            change(obj);
            var answer = await side.DoAsync(HttpMethod.Put, path, obj.ToJsonString());
            side.Note(what, new JsonArray(answer.Status, answer.Body.DeepClone(), string.Join('\n', answer.Warnings)));
        }
    });

    private static JsonObject Metadata(JsonObject obj) => (JsonObject)obj["metadata"]!;

    [Theory]
    [InlineData("")]
    [InlineData(",\"finalizers\":[\"x/y\"]")]
    public Task Options_of_deletions_are_taken_alike(string metadata) => CompareAsync(async side =>
    {
        foreach (var body in (string[])
            [
                """{"preconditions":{"uid":"x"}}""", """{"preconditions":{"resourceVersion":"1"}}""",
                """{"preconditions":{"uid":"x","resourceVersion":"1"}}""",
                """{"propagationPolicy":"Foreground"}""", """{"propagationPolicy":"Background"}""", """{"propagationPolicy":""}""",
                """{"propagationPolicy":"x"}""",
                """{"propagationPolicy":5}""", """{"orphanDependents":false}""", """{"orphanDependents":true,"propagationPolicy":"Orphan"}""",
                """{"orphanDependents":"x"}""", """{"gracePeriodSeconds":0}""", """{"gracePeriodSeconds":30}""", """{"gracePeriodSeconds":-5}""",
                """{"gracePeriodSeconds":"x"}""", """{"dryRun":["All"]}""", """{"dryRun":["x"]}""", """{"dryRun":"All"}""",
                """{"kind":"DeleteOptions","apiVersion":"v1"}""", """{"kind":"DeleteOptions","apiVersion":"meta.k8s.io/v1"}""",
                """{"kind":"Foo","apiVersion":"v1"}""",
                """{"apiVersion":"v1"}""", """{"kind":"DeleteOptions"}""", "[]", "x", """{"a":1}""", "{}", "null",
            ])
        {
            await side.RenewAsync("a", metadata: metadata);
            await side.CompareAsync(HttpMethod.Delete, "/a", body);
        }

        foreach (var query in (string[])
            [
                "propagationPolicy=Foreground", "orphanDependents=false", "orphanDependents=true&propagationPolicy=Foreground",
                "gracePeriodSeconds=x",
                "gracePeriodSeconds=5", "dryRun=x", "dryRun=", "dryRun=All", "resourceVersion=1", "uid=x", "preconditions.uid=x",
                "propagationPolicy=",
            ])
        {
            await side.RenewAsync("a", metadata: metadata);
            await side.CompareAsync(HttpMethod.Delete, $"/a?{query}");
        }

        await side.RenewAsync("a", metadata: metadata);
        await side.CompareAsync(HttpMethod.Delete, "/a?propagationPolicy=x", """{"propagationPolicy":"Foreground"}""");
        await side.CompareAsync(HttpMethod.Delete, "/nothing", """{"preconditions":{"uid":"x"}}""");
    });

    [Fact]
    public Task A_dying_object_is_changed_alike() => CompareAsync(static async side =>
    {
        await side.RenewAsync("a", metadata: ""","finalizers":["x/y"]""");
        await side.CompareAsync(HttpMethod.Delete, "/a");
        await side.CompareAsync(HttpMethod.Post, "", side.Widget("a"));
        await side.MergeAsync("a", """{"metadata":{"deletionTimestamp":null}}""");
        await side.MergeAsync("a", """{"metadata":{"deletionGracePeriodSeconds":7}}""");
        await side.MergeAsync("a", """{"spec":{"replicas":3}}""");
        await side.MergeAsync("a", """{"metadata":{"finalizers":["x/y","z/z"]}}""");
        await side.MergeAsync("a", """{"metadata":{"finalizers":["b/b"]}}""");
        await side.ApplyAsync("a", side.Widget("a", metadata: ""","finalizers":["q/q"]"""));
        await side.MergeAsync("a", """{"metadata":{"finalizers":null}}""", "?dryRun=All");
        await side.MergeAsync("a", """{"metadata":{"finalizers":null}}""");
        await side.CompareAsync(HttpMethod.Get, "/a");
    });

    [Fact]
    public Task Collections_are_deleted_alike() => CompareAsync(static async side =>
    {
        foreach (var (query, body) in (IEnumerable<(string, string?)>)
            [
                ("", null), ("?labelSelector=n in (0,1)", null), ("?fieldSelector=metadata.name%3Dw2", null), ("?fieldSelector=spec.mode%3Da", null),
                ("?labelSelector=n in", null), ("?fieldSelector=x%3D1", null), ("?limit=x", null), ("?dryRun=All", null), ("?dryRun=x", null),
                ("", """{"dryRun":["All"]}"""), ("", """{"preconditions":{"uid":"x"}}"""),
                ("", """{"propagationPolicy":"x"}"""), ("?resourceVersion=x", null), ("?resourceVersionMatch=Exact", null),
                ("?sendInitialEvents=true", null),
                ("?timeoutSeconds=5", null), ("?continue=x", null), ("", """{"gracePeriodSeconds":5}"""), ("", "x"), ("?labelSelector=none", null),
            ])
        {
            for (var i = 0; i < 4; i++)
            {
                var finalizers = i == 3 ? ""","finalizers":["x/y"]""" : "";
                await side.RenewAsync($"w{i}", $$"""{"image":"i","mode":"{{"ab"[i % 2]}}"}""", $$$""","labels":{"n":"{{{i}}}"}{{{finalizers}}}""");
            }

            var answer = await side.DoAsync(HttpMethod.Delete, query, body);
            var left = await side.DoAsync(HttpMethod.Get, "");
            side.Note(
                $"{query} {body}",
                new JsonArray(
                    answer.Status,
                    answer.Status == 200 ? string.Join(' ', answer.Names) : answer.Message,
                    string.Join(' ', left.Body["items"]!.AsArray().Select(
                        static i => $"{i!["metadata"]!["name"]}:{i["metadata"]!["finalizers"]?.ToJsonString()}"))));
        }

        for (var i = 0; i < 4; i++)
        {
            await side.ClearAsync($"w{i}");
        }
    });
}
