using System.Globalization;
using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>Parameters of lists and watches in all combinations.</summary>
public sealed class ListComparisonTests(Servers servers) : ComparisonTest(servers)
{
    private static readonly string?[] Booleans = [null, "true", "false", "", "x"];

    [Fact]
    public Task Every_combination_of_version_match_limit_and_token_is_answered_alike() => CompareAsync(static async side =>
    {
        var versions = new List<string>();
        foreach (var name in (string[])["a", "b", "c"])
        {
            versions.Add((await side.DoAsync(HttpMethod.Post, "", side.Widget(name))).Version);
        }

        (await side.DoAsync(HttpMethod.Patch, "/a", """{"spec":{"replicas":2}}""", "application/merge-patch+json")).Succeeds();
        var page = await side.DoAsync(HttpMethod.Get, "?limit=1");
        var (now, token) = (page.Version, (string)page.Metadata["continue"]!);
        await side.Cluster.CatchUpAsync(side.Collection, now);

        foreach (var version in (string?[])[null, "", "0", versions[1], now, "abc", "-1", "18446744073709551616"])
        {
            foreach (var match in (string?[])[null, "", "Exact", "NotOlderThan", "exact"])
            {
                foreach (var limit in (string?[])[null, "0", "1", "-1", "x"])
                {
                    foreach (var from in (string?[])[null, "", token, "x"])
                    {
                        if ((version, limit, from) == ("0", "1", token))
                        {
                            // A real server's cache shows all the rest, its storage one page; which of them answers depends on whether the
                            // cache still keeps the revision of the token.
                            continue;
                        }

                        var query = Query(("resourceVersion", version), ("resourceVersionMatch", match), ("limit", limit), ("continue", from));
                        var asked = query.Replace(token, "TOKEN", StringComparison.Ordinal);
                        asked = asked.Replace($"={now}", "=NOW", StringComparison.Ordinal).Replace(
                            $"={versions[1]}", "=SECOND", StringComparison.Ordinal);
                        NoteList(side, asked, await side.DoAsync(HttpMethod.Get, query));
                    }
                }
            }
        }
    });

    [Fact]
    public Task Parameters_of_a_list_that_cannot_be_read_are_answered_alike() => CompareAsync(static async side =>
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            (await side.DoAsync(HttpMethod.Post, "", side.Widget(name, metadata: name == "c" ? "" : ""","labels":{"n":"1"}"""))).Succeeds(201);
        }

        foreach (var query in (string[])
            [
                "timeoutSeconds=x", "timeoutSeconds=1.5", "timeoutSeconds=", "timeoutSeconds=-1", "limit=1.5", "limit=99999999999999999999", "limit=",
                "allowWatchBookmarks=x", "sendInitialEvents=false", "sendInitialEvents=x", "sendInitialEvents=", "unknown=1", "watch=0",
                "watch=false",
                "limit=1&labelSelector=n", "limit=1&fieldSelector=metadata.name!%3Da", "limit=1&labelSelector=", "limit=2&limit=1",
                "labelSelector=n&labelSelector=!n", "pretty=true", "resourceVersion=0&resourceVersion=x",
            ])
        {
            NoteList(side, query, await side.DoAsync(HttpMethod.Get, $"?{query}"));
        }
    });

    [Fact]
    public Task Every_form_of_label_selector_is_read_alike() => CompareAsync(static async side =>
    {
        (await side.DoAsync(HttpMethod.Post, "", side.Widget("a", metadata: ""","labels":{"n":"1"}"""))).Succeeds(201);
        (await side.DoAsync(HttpMethod.Post, "", side.Widget("b", metadata: ""","labels":{"n":"2","m":""}"""))).Succeeds(201);
        (await side.DoAsync(HttpMethod.Post, "", side.Widget("c"))).Succeeds(201);

        foreach (var selector in (string[])
            [
                "n", "!n", "n=1", "n==1", "n!=1", "n in (1,2)", "n notin (1)", "n in ()", "n notin ()", "n in (1", "n in 1)", "n in", "n notin", "in",
                "in in (in)", "n in (,)", "n in (1,,2)", "n=1,", "n=1,,m", ",n", "n,m", "n,!m", "n>1", "n<2", "n>=1", "n>x", "n>", "n > 1", "n<1.5",
                "n gt 1", "n lt 2", "n=(1)", "n=1 ,m", "!n=1", "! n", "!!n", "!", "n!", "=1", "==", "!=", "n===1", "n=!1", "a/b", "a/b/c=1", "-a=1",
                "n=-",
                $"n={new string('x', 64)}", $"{new string('x', 64)}=1", "A.B/c", "A/b", "n=a_b.c", "n=a b", "n\tin\t(1)", "exists(n)", "n exists", "(n)", "n)",
                "n in (1,2),m in ()", "n notin (1,2),!m", "n=1,n=2", "n in (2,1)", "n in (b d)", "N", "n='1'", "n=\"1\"", "/n=1", "n/=1",
                "n in (a/b)", "n==\"\"", "n=,m", "n in (-)", "n in (x,-)", "n=", "m=", "m!=", "x!=1", "x notin (1)", "",
            ])
        {
            NoteList(side, selector, await side.DoAsync(HttpMethod.Get, $"?labelSelector={Uri.EscapeDataString(selector)}"));
        }
    });

    [Fact]
    public Task Every_form_of_field_selector_is_read_alike() => CompareAsync(static async side =>
    {
        (await side.DoAsync(HttpMethod.Post, "", side.Widget("a", """{"image":"i","mode":"a"}"""))).Succeeds(201);
        (await side.DoAsync(HttpMethod.Post, "", side.Widget("b", """{"image":"i","mode":"b"}"""))).Succeeds(201);
        (await side.DoAsync(HttpMethod.Post, "", side.Widget("c"))).Succeeds(201);

        foreach (var selector in (string[])
            [
                "metadata.name=a", "metadata.name==a", "metadata.name!=a", "metadata.name in (a)", "metadata.name", "metadata.name=",
                "metadata.name=a,metadata.name=b", "metadata.namespace=x", "metadata.namespace!=x", "spec.mode=a", "spec.mode=", "spec.mode!=a",
                "spec.mode!=",
                "spec.image=i", "metadata.uid=x", "metadata.labels.n=1", "=a", "!=a", "metadata.name=a,", ",", ",metadata.name=a",
                "metadata.name=a=b",
                "metadata.name=a\\=b", "metadata.name=a\\", "metadata.name=a\\b", "metadata.name=a\\,b", "metadata.name = a", " metadata.name=a",
                "metadata.name=a,spec.foo=1", "status.phase=x", "kind=Widget", "metadata.name=!a", "metadata.name!==a", "metadata.name=A_b",
                "metadata.name=a/b", "spec.mode=a,metadata.name!=a", "spec.mode!=a,metadata.name!=c", "",
            ])
        {
            NoteList(side, selector, await side.DoAsync(HttpMethod.Get, $"?fieldSelector={Uri.EscapeDataString(selector)}"));
        }
    });

    [Fact]
    public Task Every_combination_of_version_initial_events_and_bookmarks_is_refused_or_watched_alike() => CompareAsync(static async side =>
    {
        (await side.DoAsync(HttpMethod.Post, "", side.Widget("a"))).Succeeds(201);
        var last = (await side.DoAsync(HttpMethod.Post, "", side.Widget("b"))).Version;
        await side.Cluster.CatchUpAsync(side.Collection, last);
        var queries =
            from version in (string?[])[null, "", "0", "1", last, "abc"]
            from match in (string?[])[null, "", "NotOlderThan", "Exact", "foo"]
            from initial in Booleans
            from bookmarks in (string?[])[null, "true"]
            from token in (string?[])[null, "x"]
            select Query(
                ("watch", "1"),
                ("resourceVersion", version),
                ("resourceVersionMatch", match),
                ("sendInitialEvents", initial),
                ("allowWatchBookmarks", bookmarks),
                ("continue", token));
        string[] others =
        [
            "?watch=1&timeoutSeconds=x", "?watch=1&timeoutSeconds=", "?watch=1&limit=x", "?watch=1&labelSelector=n in", "?watch=1&fieldSelector=foo",
            "?watch=1&fieldSelector=spec.foo=1", "?watch=x&resourceVersion=abc",
        ];
        foreach (var query in queries.Concat(others))
        {
            using var response = await side.Cluster.OpenAsync(side.Collection + query);
            var asked = query.Replace($"={last}", "=LAST", StringComparison.Ordinal);
            side.Note(
                asked,
                response.IsSuccessStatusCode
                    ? new JsonArray(200)
                    : new JsonArray(
                        (int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))));
        }
    });

    private static void NoteList(Side side, string asked, Answer answer)
    {
        if (answer.Status != 200)
        {
            side.Note(asked, new JsonArray(answer.Status, answer.Body.DeepClone()));
            return;
        }

        var shown = answer.Body["items"]!.AsArray().Select(static i => (JsonNode?)$"{i!["metadata"]!["name"]}:{i["spec"]!["replicas"]}");
        var more = (string?)answer.Metadata["continue"];
        var remaining = answer.Metadata["remainingItemCount"]?.GetValue<int>().ToString(CultureInfo.InvariantCulture);
        side.Note(asked, new JsonArray(200, new JsonArray([.. shown]), more is null ? "no token" : more.Length == 0 ? "the end" : "more", remaining));
    }

    private static string Query(params (string Name, string? Value)[] parameters) =>
        "?" + string.Join('&', parameters.Where(static p => p.Value is not null).Select(static p => $"{p.Name}={p.Value}"));
}
