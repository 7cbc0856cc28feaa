namespace CrMonitor.Contract.Tests;

/// <summary>What patches of every form lead to.</summary>
public sealed class PatchComparisonTests(Servers servers) : ComparisonTest(servers)
{
    private const string Spec = """{"image":"i","args":["x","y"],"settings":{"a/b":"1","c~d":"2","e":"3"},"free":{"n":null,"o":{"p":[1,[2]]}}}""";

    [Fact]
    public Task Every_operation_of_a_JSON_patch_is_done_alike() => CompareAsync(static async side =>
    {
        foreach (var operation in (string[])
            [
                """{"op":"test","path":"/spec/image","value":"i"}""", """{"op":"test","path":"/spec/image","value":"j"}""",
                """{"op":"test","path":"/spec/settings/a~1b","value":"1"}""", """{"op":"test","path":"/spec/settings/c~0d","value":"2"}""",
                """{"op":"test","path":"/spec/nope","value":null}""", """{"op":"test","path":"/spec/free/n","value":null}""",
                """{"op":"test","path":"/spec/nope"}""",
                """{"op":"test","path":"","value":{}}""", """{"op":"test","path":"/spec/replicas","value":1.0}""",
                """{"op":"test","path":"/spec/args","value":["x","y"]}""",
                """{"op":"copy","from":"/spec/args/0","path":"/spec/args/-"}""", """{"op":"copy","from":"/spec/nope","path":"/spec/args/-"}""",
                """{"op":"copy","path":"/spec/mode"}""", """{"op":"move","from":"/spec/args/0","path":"/spec/args/1"}""",
                """{"op":"move","from":"/spec/args","path":"/spec/tags"}""", """{"op":"move","from":"/spec/nope","path":"/spec/tags"}""",
                """{"op":"add","path":"/spec/args/0","value":"z"}""", """{"op":"add","path":"/spec/args/2","value":"z"}""",
                """{"op":"add","path":"/spec/args/3","value":"z"}""", """{"op":"add","path":"/spec/args/-1","value":"z"}""",
                """{"op":"add","path":"/spec/args/01","value":"z"}""", """{"op":"add","path":"/spec/args/x","value":"z"}""",
                """{"op":"add","path":"/spec/args/-","value":1}""", """{"op":"add","path":"","value":{}}""", """{"op":"add","path":"/","value":1}""",
                """{"op":"add","path":"spec","value":1}""", """{"op":"add","path":"/spec/mode"}""",
                """{"op":"add","path":"/spec/mode","value":null}""",
                """{"op":"remove","path":"/spec/args/0"}""", """{"op":"remove","path":"/spec/args/-1"}""",
                """{"op":"remove","path":"/spec/args/-"}""",
                """{"op":"remove","path":"/spec/args/9"}""", """{"op":"remove","path":""}""", """{"op":"remove","path":"/spec"}""",
                """{"op":"remove","path":"/metadata"}""", """{"op":"remove","path":"/metadata/name"}""", """{"op":"remove","path":"/apiVersion"}""",
                """{"op":"replace","path":"/spec/args/-","value":"q"}""", """{"op":"replace","path":"/spec/args/0","value":"q"}""",
                """{"op":"replace","path":"","value":{}}""", """{"op":"replace","path":"/metadata/name","value":"b"}""",
                """{"op":"replace","path":"/metadata/resourceVersion","value":"1"}""", """{"op":"replace","path":"/spec","value":{"image":"z"}}""",
                """{"op":"foo","path":"/spec"}""", """{"path":"/spec"}""", """{"op":"add"}""", """{"op":1,"path":"/spec"}""", "{}", "1", "null",
                """{"op":"add","path":1,"value":1}""",
            ])
        {
            await side.RenewAsync("a", Spec);
            await side.JsonPatchAsync("a", $"[{operation}]");
        }

        await side.RenewAsync("a", Spec);
        foreach (var patch in (string[])["{}", "1", "", "null", "[", "[[]]", "\"x\"", "[]"])
        {
            await side.JsonPatchAsync("a", patch);
        }
    });

    [Theory]
    [InlineData(10_000)]
    [InlineData(10_001)]
    public Task A_JSON_patch_may_have_ten_thousand_operations(int count) => CompareAsync(async side =>
    {
        await side.RenewAsync("a");
        var patch = $"[{string.Join(',', Enumerable.Repeat("""{"op":"test","path":"/spec/image","value":"i"}""", count))}]";
        var answer = await side.DoAsync(HttpMethod.Patch, "/a", patch, "application/json-patch+json");

        side.Note("patched", new System.Text.Json.Nodes.JsonArray(answer.Status, answer.Reason, answer.Message));
    });

    [Fact]
    public Task Every_form_of_merge_patch_is_done_alike() => CompareAsync(static async side =>
    {
        foreach (var patch in (string[])
            [
                "", "{}", "null", "1", "\"x\"", "[]", """{"a":1} x""", """{"a":1""", """{"spec":null}""", """{"metadata":null}""",
                """{"metadata":{"name":null}}""",
                """{"apiVersion":null}""", """{"apiVersion":"x/v1"}""", """{"kind":"x"}""", """{"metadata":{"uid":null}}""",
                """{"metadata":{"uid":"u"}}""",
                """{"metadata":{"resourceVersion":null}}""", """{"metadata":{"resourceVersion":""}}""", """{"metadata":{"resourceVersion":"x"}}""",
                """{"metadata":{"resourceVersion":"0"}}""", """{"metadata":{"resourceVersion":"1"}}""", """{"metadata":{"namespace":"x"}}""",
                """{"metadata":{"namespace":null}}""", """{"metadata":{"creationTimestamp":null}}""", """{"metadata":{"labels":{"a":null}}}""",
                """{"metadata":{"labels":{"a":"b"}}}""", """{"metadata":{"labels":null}}""", """{"metadata":{"managedFields":null}}""",
                """{"metadata":{"managedFields":[{}]}}""", """{"metadata":{"managedFields":[]}}""", """{"metadata":5}""", """{"spec":5}""",
                """{"spec":{"free":{"a":null,"b":{"c":null},"d":[null,{"e":null}]}}}""", """{"spec":{"args":null}}""", """{"spec":{"args":[null]}}""",
                """{"spec":{"settings":{"e":null}}}""", """{"spec":{"settings":{"e":{"f":null}}}}""", """{"status":{"phase":"x"}}""",
                """{"spec":{"image":null}}""",
                """{"metadata":{"deletionTimestamp":"2001-01-01T00:00:00Z"}}""", """{"metadata":{"deletionGracePeriodSeconds":4}}""",
                """{"metadata":{"generation":9,"selfLink":"x"}}""",
            ])
        {
            await side.RenewAsync("a", Spec);
            await side.MergeAsync("a", patch);
        }
    });

    [Fact]
    public Task Types_and_parameters_of_patches_are_taken_alike() => CompareAsync(static async side =>
    {
        foreach (var type in (string[])
            [
                "application/json", "text/plain", "application/strategic-merge-patch+json", "application/merge-patch+json",
                "application/apply-patch+json",
                "application/apply-patch+yaml",
            ])
        {
            await side.RenewAsync("a");
            await side.CompareAsync(HttpMethod.Patch, "/a", side.Widget("a"), type);
        }

        foreach (var query in (string[])["force=true", "force=false", "force=x", "dryRun=x", "dryRun=All", "fieldManager=%07", "fieldManager=%C3%A4", "fieldValidation=x"])
        {
            await side.RenewAsync("a");
            await side.MergeAsync("a", """{"spec":{"replicas":2}}""", $"?{query}");
            await side.RenewAsync("a");
            await side.JsonPatchAsync("a", """[{"op":"add","path":"/spec/replicas","value":2}]""", $"?{query}");
            await side.RenewAsync("a");
            await side.ApplyAsync("a", side.Widget("a", """{"image":"i","replicas":3}"""), $"?{query}&fieldManager=m");
            await side.ApplyAsync("a", side.Widget("a"), $"?{query}");
        }
    });

    [Fact]
    public Task Every_form_of_what_is_applied_is_taken_alike() => CompareAsync(static async side =>
    {
        var header = $"{{\"apiVersion\":\"{side.Cluster.ApiVersion}\",\"kind\":\"Widget\"";
        foreach (var body in (string[])
            [
                "", "{}", "[]", "null", "x", header + "}", header + ",\"metadata\":null}", header + ",\"metadata\":{}}",
                header + ",\"metadata\":{\"name\":\"b\"}}",
                header + ""","metadata":{"name":"a","namespace":"x"},"spec":{"image":"i"}}""", header + ""","metadata":{"name":"a"}}""",
                header + ""","metadata":{"name":"a"},"spec":null}""", header + ""","metadata":{"name":"a"},"spec":5}""", header + ""","metadata":{"name":"a"},"spec":{}}""",
                """{"apiVersion":"x/v1","kind":"Widget","metadata":{"name":"a"}}""", $$$"""{"apiVersion":"{{{side.Cluster.Group}}}/v2","kind":"Widget","metadata":{"name":"a"}}""",
                $$$"""{"apiVersion":"{{{side.Cluster.ApiVersion}}}","kind":"X","metadata":{"name":"a"}}""", """{"kind":"Widget","metadata":{"name":"a"}}""",
                $$$"""{"apiVersion":"{{{side.Cluster.ApiVersion}}}","metadata":{"name":"a"}}""",
                header + ""","metadata":{"name":"a"},"spec":{"image":"i"},"status":{"phase":"x"}}""", header + ""","metadata":{"name":"a"},"spec":{"image":"i"},"foo":1}""",
            ])
        {
            await side.ApplyAsync("a", body);
        }

        foreach (var metadata in (string[])
            [
                ",\"resourceVersion\":\"1\"", ",\"resourceVersion\":\"x\"", ",\"uid\":\"u\"", ",\"managedFields\":[]", ",\"managedFields\":null",
                ",\"managedFields\":[{}]",
                ",\"namespace\":\"x\"", ",\"labels\":{\"a\":\"b c\"}", ",\"labels\":null", ",\"labels\":5", ",\"creationTimestamp\":null",
                ",\"creationTimestamp\":\"2001-01-01T00:00:00Z\"", ",\"generateName\":\"x-\"", ",\"finalizers\":[\"a/b\",\"a/b\"]",
                ",\"generation\":5",
            ])
        {
            await side.ClearAsync("a");
            await side.ApplyAsync("a", side.Widget("a", metadata: metadata));
            await side.ApplyAsync("a", side.Widget("a", metadata: metadata));
        }

        foreach (var spec in (string[])
            [
                """{"image":"i","ports":[{"name":"p"},{"name":"p"}]}""", """{"image":"i","ports":[{}]}""", """{"image":"i","ports":[null]}""",
                """{"image":"i","ports":["x"]}""",
                """{"image":"i","ports":{"a":1}}""", """{"image":"i","tags":[null]}""", """{"image":"i","tags":[1]}""",
                """{"image":"i","settings":{"a":1}}""",
                """{"image":"i","settings":{"a":null}}""", """{"image":"i","settings":5}""", """{"image":5}""", """{"image":null}""",
                """{"image":"i","args":[1]}""",
                """{"image":"i","args":[null]}""", """{"image":"i","args":5}""", """{"image":"i","replicas":1.5}""",
                """{"image":"i","replicas":"1"}""",
                """{"image":"i","replicas":true}""", """{"image":"i","replicas":null}""", """{"image":"i","free":5}""",
                """{"image":"i","free":{"a":[1,{"b":null}]}}""",
                """{"image":"i","mode":"z"}""", """{"image":"i","foo":{"bar":1}}""",
            ])
        {
            await side.ClearAsync("a");
            await side.ApplyAsync("a", side.Widget("a", spec));
        }
    });

    [Fact]
    public Task Managers_that_apply_one_after_the_other_are_answered_alike() => CompareAsync(static async side =>
    {
        foreach (var (manager, spec, force) in (IEnumerable<(string, string, string)>)
            [
                ("m1", """{"image":"i","replicas":2,"tags":["a","b"],"ports":[{"name":"p","port":1}],"settings":{"a":"1"},"args":["x"],"free":{"k":{"l":1}}}""", ""),
                ("m2", """{"image":"i","replicas":2,"tags":["b","c"],"ports":[{"name":"p","port":2}],"settings":{"a":"2"},"args":["y"],"free":{"k":{"l":2}}}""", ""),
                ("m2", """{"image":"i","replicas":2,"tags":["b","c"],"ports":[{"name":"p","port":2}],"settings":{"a":"2"},"args":["y"],"free":{"k":{"l":2}}}""", "&force=true"),
                ("m1", """{"image":"i"}""", ""), ("m2", """{"image":"i"}""", ""), ("m3", "{}", "&force=true"),
                ("m3", """{"image":"k"}""", "&force=true"),
                ("m1", """{"image":"k","ports":[]}""", ""), ("m1", """{"image":"k","ports":[{"name":"z"}]}""", ""), ("m1", """{"image":"k"}""", ""),
            ])
        {
            await side.ApplyAsync("a", side.Widget("a", spec), $"?fieldManager={manager}{force}");
        }

        string Status(string status, string rest = "") =>
            $$$"""{"apiVersion":"{{{side.Cluster.ApiVersion}}}","kind":"Widget","metadata":{"name":"a"},"status":{{{status}}}{{{rest}}}}""";
        await side.MergeAsync("a", """{"metadata":{"managedFields":[{}]}}""");
        await side.ApplyAsync("a", side.Widget("a", """{"image":"k"}"""));
        await side.ApplyAsync("a", side.Widget("a", """{"image":"q"}"""));
        await side.ApplyAsync("a/status", Status("""{"phase":"1","conditions":[{"type":"R","status":"T"}]}"""));
        await side.ApplyAsync("a/status", Status("""{"phase":"2"}"""), "?fieldManager=m2");
        await side.ApplyAsync("a/status", Status("""{"phase":"2"}""", ""","spec":{"image":"other"}"""), "?fieldManager=m2&force=true");
        await side.ApplyAsync("a/status", Status("""{"phase":5}"""), "?fieldManager=m2&force=true");
        await side.ApplyAsync("a/status", Status("""{"unknown":5}"""), "?fieldManager=m2&force=true");
    });
}
