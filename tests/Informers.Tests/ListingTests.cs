using System.Net;

namespace CrMonitor.Informers.Tests;

public sealed class ListingTests
{
    [Fact]
    public async Task The_first_list_takes_any_state_in_pages_and_the_watch_goes_on_from_its_version()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();

        var list = await fixture.Server.NextListAsync();
        Assert.Equal("/apis/test.crmonitor.dev/v1/widgets", list.Uri.AbsolutePath);
        Assert.Equal("0", list["resourceVersion"]);
        Assert.Equal("500", list["limit"]);
        list.List("20", Json.Widget("a", 7, size: 1), Json.Widget("b", 9, size: 2));
        await fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        var watch = await fixture.Server.NextWatchAsync();
        Assert.Equal("20", watch["resourceVersion"]);
        Assert.Equal("true", watch["allowWatchBookmarks"]);
        Assert.InRange(int.Parse(watch["timeoutSeconds"]!), 300, 600);
        Assert.Equal("20", fixture.Informer.Lister.ResourceVersion);
        Assert.Equal(2, fixture.Informer.Lister.Count);
        Assert.Equal(2, fixture.Informer.Lister.Get(new ObjectKey("default", "b"))!.Spec!.Size);
        Assert.Null(fixture.Informer.Lister.Get(new ObjectKey("other", "b")));
    }

    [Fact]
    public async Task A_longer_watch_timeout_is_asked_for_when_it_is_set()
    {
        await using var fixture = new InformerFixture(
            options: time => new SharedInformerFactoryOptions { TimeProvider = time, MinWatchTimeout = TimeSpan.FromMinutes(30) });
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("1");

        Assert.InRange(int.Parse((await fixture.Server.NextWatchAsync())["timeoutSeconds"]!), 1800, 3600);
    }

    [Fact]
    public async Task Pages_follow_the_token_and_the_version_is_that_of_the_first_page()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).Answer(Json.List("20", [Json.Widget("a", 1)], next: "page/2=="));

        var second = await fixture.Server.NextListAsync();
        Assert.Equal("page/2==", second["continue"]);
        Assert.Equal("500", second["limit"]);
        Assert.Null(second["resourceVersion"]);
        Assert.False(fixture.Informer.HasSynced, "half a list is none");
        second.Answer(Json.List("21", [Json.Widget("b", 2)]));

        Assert.Equal("20", (await fixture.Server.NextWatchAsync())["resourceVersion"]);
        Assert.Equal(2, fixture.Informer.Lister.Count);
    }

    [Fact]
    public async Task A_token_that_expires_leads_to_one_list_without_pages_at_the_same_version()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).Answer(Json.List("20", [Json.Widget("a", 1)], next: "two"));
        (await fixture.Server.NextListAsync()).Answer(HttpStatusCode.Gone, Json.Status(410, "Expired", "The provided continue parameter is too old"));

        var whole = await fixture.Server.NextListAsync();
        Assert.Equal("0", whole["resourceVersion"]);
        Assert.Null(whole["limit"]);
        Assert.Null(whole["continue"]);
        whole.List("22", Json.Widget("b", 2));

        await fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["b"], fixture.Informer.Lister.List().Select(widget => widget.Metadata.Name));
    }

    [Theory]
    [InlineData(true, "500")]
    [InlineData(false, null)]
    public async Task Later_lists_come_in_pages_only_if_the_first_one_did(bool pagesAtFirst, string? limit)
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        var first = await fixture.Server.NextListAsync();
        if (pagesAtFirst)
        {
            first.Answer(Json.List("20", [Json.Widget("a", 1)], next: "two"));
            (await fixture.Server.NextListAsync()).List("20");
        }
        else
        {
            first.List("20", Json.Widget("a", 1));
        }

        (await fixture.Server.NextWatchAsync()).Answer(HttpStatusCode.Forbidden, Json.Status(403, "Forbidden", "no"));

        var (relist, _) = await fixture.AfterDelayAsync();
        Assert.Equal("20", relist["resourceVersion"]);
        Assert.Equal(limit, relist["limit"]);
    }

    [Theory]
    [InlineData(410, "Expired", "too old resource version", "{}")]
    [InlineData(410, "Gone", "gone", "{}")]
    [InlineData(504, "Timeout", "Too large resource version: 20, current: 3", """{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}""")]
    [InlineData(504, "Timeout", "Too large resource version: 20, current: 3", "{}")]
    [InlineData(504, "Timeout", "wait", """{"causes":[{"message":"Too large resource version"}]}""")]
    public async Task A_version_that_the_server_does_not_have_is_given_up_at_once_for_the_newest_state(int code, string reason, string message, string details)
    {
        await using var fixture = new InformerFixture();
        (await fixture.SyncAsync("20")).Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));

        var (relist, _) = await fixture.AfterDelayAsync();
        Assert.Equal("20", relist["resourceVersion"]);
        relist.Answer((HttpStatusCode)code, Json.Status(code, reason, message, details));

        var newest = await fixture.Server.NextListAsync();
        Assert.Null(newest["resourceVersion"]);
        Assert.Equal("500", newest["limit"]);
        newest.List("30");
        var watch = await fixture.Server.NextWatchAsync();
        Assert.Equal("30", watch["resourceVersion"]);
        watch.Answer(HttpStatusCode.Forbidden, Json.Status(403, "Forbidden", "no"));

        // The new version counts from now on.
        Assert.Equal("30", (await fixture.AfterDelayAsync()).Request["resourceVersion"]);
    }

    [Fact]
    public async Task Namespaces_and_selectors_are_the_servers_business()
    {
        await using var fixture = new InformerFixture(new InformerScope
        {
            Namespaces = ["blue"],
            LabelSelector = LabelSelector.Parse("app in (a,b),!old"),
            FieldSelector = "metadata.name=x",
        });
        fixture.Informer.Start();

        var list = await fixture.Server.NextListAsync();
        Assert.Equal("/apis/test.crmonitor.dev/v1/namespaces/blue/widgets", list.Uri.AbsolutePath);
        Assert.Equal("!old,app in (a,b)", list["labelSelector"]);
        Assert.Equal("metadata.name=x", list["fieldSelector"]);
        list.List("5");

        var watch = await fixture.Server.NextWatchAsync();
        Assert.Equal("!old,app in (a,b)", watch["labelSelector"]);
        Assert.Equal("metadata.name=x", watch["fieldSelector"]);
    }

    [Fact]
    public async Task Several_namespaces_stand_behind_one_lister_that_syncs_when_all_have()
    {
        await using var fixture = new InformerFixture(new InformerScope { Namespaces = ["blue", "red", "blue"] });
        fixture.Informer.Start();
        var requests = new[] { await fixture.Server.NextListAsync(), await fixture.Server.NextListAsync() };
        var blue = requests.Single(request => request.Uri.AbsolutePath.Contains("/blue/", StringComparison.Ordinal));
        var red = requests.Single(request => request.Uri.AbsolutePath.Contains("/red/", StringComparison.Ordinal));

        blue.List("100", Json.Widget("a", 9, ns: "blue"));
        var blueWatch = (await fixture.Server.NextWatchAsync()).Open();
        Assert.False(fixture.Informer.HasSynced, "one of two");
        Assert.Null(fixture.Informer.Lister.ResourceVersion);
        red.List("99", Json.Widget("a", 8, ns: "red"), Json.Widget("b", 7, ns: "red"));
        await fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        Assert.Equal("99", fixture.Informer.Lister.ResourceVersion);
        Assert.Equal(3, fixture.Informer.Lister.List().Count);
        Assert.Equal(2, fixture.Informer.Lister.List("red").Count);

        // A relist of one namespace leaves the other alone.
        blueWatch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        await fixture.Server.NextWatchAsync();
        (await fixture.AfterDelayAsync()).Request.List("120");
        await fixture.Server.NextWatchAsync();
        Assert.Empty(fixture.Informer.Lister.List("blue"));
        Assert.Equal(2, fixture.Informer.Lister.Count);
    }

    [Theory]
    [InlineData("""{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1"},"items":[]}""", "Table")]
    [InlineData("""{"kind":"Status"}""", "not a list")]
    [InlineData("<html>login</html>", "not a list in JSON")]
    [InlineData("""{"kind":"WidgetList","metadata":{"resourceVersion":"1"},"items":[{"metadata":""", "broke off")]
    [InlineData("", "broke off")]
    public async Task An_answer_that_is_no_list_is_a_failure_and_never_an_empty_cache(string body, string reason)
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 1));
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.Answer(body);

        var (again, _) = await fixture.AfterDelayAsync();
        Assert.False(again.IsWatch);
        Assert.Equal(ReflectorFailureReason.ListFailed, fixture.Informer.Health.LastFailure!.Reason);
        Assert.Contains(reason, fixture.Informer.Health.LastFailure.Message, StringComparison.Ordinal);
        Assert.Equal(1, fixture.Informer.Lister.Count);
    }

    [Fact]
    public async Task An_empty_list_is_a_synced_one()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).Answer("""{"metadata":{"resourceVersion":"3"},"items":null,"kind":"WidgetList"}""");

        await fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        Assert.Empty(fixture.Informer.Lister.List());
        Assert.Equal("3", fixture.Informer.Lister.ResourceVersion);
        Assert.Empty(fixture.Logs.Troubles);
    }

    [Fact]
    public async Task A_list_that_falls_silent_in_its_middle_is_given_up_and_tried_again()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        var body = (await fixture.Server.NextListAsync()).Open();
        body.Send("""{"kind":"WidgetList","items":[""");
        await body.Drained();

        fixture.Time.Advance(ReflectorTimes.Answer);
        await body.Closed.Task.WaitAsync(TestContext.Current.CancellationToken);

        var (again, _) = await fixture.AfterDelayAsync();
        Assert.Equal("0", again["resourceVersion"]);
        Assert.Equal(ReflectorFailureReason.ListFailed, fixture.Informer.Health.LastFailure!.Reason);
    }
}
