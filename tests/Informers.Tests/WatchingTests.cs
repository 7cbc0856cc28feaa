using System.Net;

namespace CrMonitor.Informers.Tests;

public sealed class WatchingTests
{
    [Fact]
    public async Task Events_change_the_cache_and_the_version_follows_each_of_them()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        Assert.Equal("Added default/a ->1 initial", await handler.NextTextAsync());

        watch.Send(Json.Event("ADDED", Json.Widget("b", 21, size: 2)));
        Assert.Equal("Added default/b ->2", await handler.NextTextAsync());
        Assert.Equal("21", fixture.Informer.Lister.ResourceVersion);

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 3)));
        Assert.Equal("Updated default/a 1->3", await handler.NextTextAsync());

        watch.Send(Json.Event("DELETED", Json.Widget("a", 23, size: 4)));
        var deleted = await handler.NextAsync();
        Assert.Equal("Deleted default/a 4->", RecordingHandler.Describe(deleted));
        Assert.False(deleted.IsFinalStateUnknown, "the event says it");
        Assert.Null(fixture.Informer.Lister.Get(new ObjectKey("default", "a")));

        watch.Send(Json.Bookmark(30));
        watch.End();
        var next = await fixture.Server.NextWatchAsync();
        Assert.Equal("30", next["resourceVersion"]);
        Assert.Equal("30", fixture.Informer.Lister.ResourceVersion);
    }

    [Fact]
    public async Task Events_that_come_together_are_all_taken_also_those_before_bytes_that_are_no_event()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        Assert.Equal("Added default/a ->1 initial", await handler.NextTextAsync());

        watch.Send(
            Json.Event("MODIFIED", Json.Widget("a", 21, size: 2))
            + Json.Event("MODIFIED", Json.Widget("a", 22, size: 3))
            + Json.Event("ADDED", Json.Widget("b", 23, size: 4))
            + "no event\n");

        Assert.Equal("Updated default/a 1->3", await handler.NextTextAsync());
        Assert.Equal("Added default/b ->4", await handler.NextTextAsync());
        Assert.Equal("23", fixture.Informer.Lister.ResourceVersion);
        var (next, _) = await fixture.AfterDelayAsync();
        Assert.False(next.IsWatch);
        Assert.Equal("23", next["resourceVersion"]);
    }

    [Fact]
    public async Task A_watch_that_the_server_closes_after_a_while_is_opened_again_at_once_without_a_list()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20");
        await watch.Drained();
        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        watch.End();

        var next = await fixture.Server.NextWatchAsync();
        Assert.Equal("20", next["resourceVersion"]);
        Assert.Null(fixture.Informer.Health.LastFailure);
        Assert.Empty(fixture.Logs.Troubles);
    }

    [Fact]
    public async Task A_watch_that_ends_at_once_without_an_event_leads_to_a_pause_and_a_list()
    {
        await using var fixture = new InformerFixture();
        (await fixture.SyncAsync("20")).End();

        var (next, delay) = await fixture.AfterDelayAsync();
        Assert.False(next.IsWatch);
        Assert.InRange(delay, TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.6));
        Assert.Equal(ReflectorFailureReason.VeryShortWatch, fixture.Informer.Health.LastFailure!.Reason);

        // Again, and it is asked more rarely. Nobody is troubled by what is no mistake of this side.
        next.List("20");
        (await fixture.Server.NextWatchAsync()).Open().End();
        (next, delay) = await fixture.AfterDelayAsync();
        Assert.False(next.IsWatch);
        Assert.InRange(delay, TimeSpan.FromSeconds(1.6), TimeSpan.FromSeconds(3.2));
        Assert.Empty(fixture.Logs.Troubles);
    }

    [Fact]
    public async Task A_broken_stream_is_resumed_without_a_list()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20");
        watch.Send(Json.Event("ADDED", Json.Widget("b", 21)));
        watch.Send("""{"type":"ADDED","object":{"meta""");
        watch.Break();

        Assert.Equal("21", (await fixture.Server.NextWatchAsync())["resourceVersion"]);
        Assert.Equal(ReflectorFailureReason.StreamBroken, fixture.Informer.Health.LastFailure!.Reason);
    }

    [Fact]
    public async Task A_stream_that_ends_in_the_middle_of_an_event_is_resumed_before_that_event()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20");
        watch.Send(Json.Event("ADDED", Json.Widget("b", 21)));
        watch.Send("""{"type":"ADDED","object":{"meta""");
        watch.End();

        Assert.Equal("21", (await fixture.Server.NextWatchAsync())["resourceVersion"]);
    }

    [Fact]
    public async Task A_refused_connection_or_429_delays_the_watch_and_asks_for_no_list()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("20");
        (await fixture.Server.NextWatchAsync()).Refuse();

        var (second, firstDelay) = await fixture.AfterDelayAsync();
        Assert.True(second.IsWatch);
        Assert.Equal("20", second["resourceVersion"]);
        Assert.Equal(ReflectorFailureReason.ConnectionFailed, fixture.Informer.Health.LastFailure!.Reason);
        second.Answer(HttpStatusCode.TooManyRequests, Json.Status(429, "TooManyRequests", "later"));

        var (third, secondDelay) = await fixture.AfterDelayAsync();
        Assert.True(third.IsWatch);
        Assert.Equal(ReflectorFailureReason.TooManyRequests, fixture.Informer.Health.LastFailure!.Reason);
        Assert.InRange(firstDelay, TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.6));
        Assert.InRange(secondDelay, TimeSpan.FromSeconds(1.6), TimeSpan.FromSeconds(3.2));

        third.Open().Send(Json.Event("ERROR", Json.Status(429, "TooManyRequests", "later", """{"retryAfterSeconds":90}""")));
        var (fourth, asked) = await fixture.AfterDelayAsync();
        Assert.True(fourth.IsWatch);
        Assert.Equal(TimeSpan.FromSeconds(90), asked);
        Assert.Equal(2, fixture.Informer.Health.ConsecutiveFailures - 1);
    }

    [Theory]
    [InlineData(403, "Forbidden")]
    [InlineData(404, "NotFound")]
    [InlineData(500, "InternalError")]
    public async Task Another_refusal_of_the_watch_leads_to_a_list(int code, string reason)
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("20");
        (await fixture.Server.NextWatchAsync()).Answer((HttpStatusCode)code, Json.Status(code, reason, "not today"));

        Assert.Equal("20", (await fixture.AfterDelayAsync()).Request["resourceVersion"]);
        Assert.Equal(ReflectorFailureReason.WatchFailed, fixture.Informer.Health.LastFailure!.Reason);
        Assert.Contains("not today", fixture.Informer.Health.LastFailure.Message, StringComparison.Ordinal);
        Assert.Contains(fixture.Logs.Lines, line => line.Contains("WatchFailed", StringComparison.Ordinal) && line.Contains("listing again in", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(500, "InternalError", ReflectorFailureReason.ErrorEvent)]
    [InlineData(500, "StoreReadError", ReflectorFailureReason.ErrorEvent)]
    [InlineData(410, "Expired", ReflectorFailureReason.Expired)]
    [InlineData(410, "", ReflectorFailureReason.Expired)]
    [InlineData(0, "Gone", ReflectorFailureReason.Expired)]
    public async Task An_error_in_the_stream_leads_to_a_list_that_finds_what_was_deleted(int code, string reason, ReflectorFailureReason expected)
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("kept", 3, size: 1), Json.Widget("lost", 4, size: 2));
        await handler.NextAsync();
        await handler.NextAsync();
        watch.Send(Json.Event("ERROR", Json.Status(code, reason, "it broke")));

        var (relist, _) = await fixture.AfterDelayAsync();
        Assert.Equal(expected, fixture.Informer.Health.LastFailure!.Reason);
        Assert.Equal("20", relist["resourceVersion"]);
        relist.List("25", Json.Widget("kept", 3, size: 1));

        var change = await handler.NextAsync();
        Assert.Equal("Deleted default/lost 2-> unknown", RecordingHandler.Describe(change));
        await fixture.Server.NextWatchAsync();
        Assert.Equal(3, handler.All.Count);
    }

    [Fact]
    public async Task A_silent_peer_is_given_up_after_the_servers_own_deadline_and_the_watch_resumed()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("20");
        var request = await fixture.Server.NextWatchAsync();
        var timeout = TimeSpan.FromSeconds(int.Parse(request["timeoutSeconds"]!));
        var watch = request.Open();
        await watch.Drained();

        fixture.Time.Advance(timeout + ReflectorTimes.WatchSlack - TimeSpan.FromSeconds(1));
        Assert.False(watch.Closed.Task.IsCompleted, "the server may still close it");
        Assert.True(fixture.Informer.Health.IsConnected);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("20", (await fixture.Server.NextWatchAsync())["resourceVersion"]);
        Assert.Equal(ReflectorFailureReason.Idle, fixture.Informer.Health.LastFailure!.Reason);
        Assert.True(watch.Closed.Task.IsCompleted, "nothing holds the dead connection");
    }

    [Fact]
    public async Task A_request_that_is_never_answered_is_given_up()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("20");
        var request = await fixture.Server.NextWatchAsync();
        fixture.Time.Advance(ReflectorTimes.Answer);
        await request.Cancelled.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.True((await fixture.AfterDelayAsync()).Request.IsWatch);
    }

    [Fact]
    public async Task An_object_that_cannot_be_decoded_is_counted_and_the_others_flow()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var broken = Json.Widget("broken", 21).Replace("\"size\":0", "\"size\":\"many\"", StringComparison.Ordinal);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1), broken, Json.Widget("b", 6, size: 1));
        await handler.NextAsync();
        await handler.NextAsync();
        Assert.Equal(2, fixture.Informer.Lister.Count);
        Assert.Equal(1, fixture.Informer.Health.InvalidObjects);

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22).Replace("\"size\":0", "\"size\":[}", StringComparison.Ordinal)));
        watch.Send(Json.Event("ADDED", """{"kind":"Widget","apiVersion":"test.crmonitor.dev/v1","metadata":null}"""));
        watch.Send(Json.Event("ADDED", """{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"name":"t"} }"""));
        watch.Send(Json.Event("ADDED", Json.Widget("c", 23, size: 7)));
        Assert.Equal("Added default/c ->7", await handler.NextTextAsync());

        Assert.Equal(1, fixture.Informer.Lister.Get(new ObjectKey("default", "a"))!.Spec!.Size);
        Assert.Equal("23", fixture.Informer.Lister.ResourceVersion);
        Assert.Equal(3, fixture.Informer.Health.InvalidObjects);
        Assert.True(fixture.Informer.Health.IsConnected);
        Assert.Contains(fixture.Logs.Lines, line => line.Contains("default/broken", StringComparison.Ordinal) && line.Contains("cannot be decoded", StringComparison.Ordinal));

        // Healed, and one of them deleted without ever having been readable.
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 24, size: 8)));
        Assert.Equal("Updated default/a 1->8", await handler.NextTextAsync());
        watch.Send(Json.Event("DELETED", broken));
        watch.Send(Json.Event("DELETED", Json.Widget("b", 26).Replace("\"size\":0", "\"size\":null", StringComparison.Ordinal)));
        Assert.Equal("Deleted default/b 1-> unknown", await handler.NextTextAsync());
        Assert.Equal(1, fixture.Informer.Health.InvalidObjects);
    }

    [Fact]
    public async Task A_relist_keeps_the_last_readable_state_of_an_object_that_cannot_be_decoded_now()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("30", Json.Widget("a", 25).Replace("\"size\":0", "\"size\":\"many\"", StringComparison.Ordinal));
        await fixture.Server.NextWatchAsync();

        Assert.Equal(1, fixture.Informer.Lister.Get(new ObjectKey("default", "a"))!.Spec!.Size);
        Assert.Equal(1, fixture.Informer.Health.InvalidObjects);
    }

    [Fact]
    public async Task Bytes_that_are_no_events_lead_to_a_list()
    {
        await using var fixture = new InformerFixture();
        (await fixture.SyncAsync("20")).Send("<html>\n");

        Assert.False((await fixture.AfterDelayAsync()).Request.IsWatch);
        Assert.Equal(ReflectorFailureReason.StreamBroken, fixture.Informer.Health.LastFailure!.Reason);
    }

    [Fact]
    public async Task An_event_of_an_unknown_type_is_skipped()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20");
        watch.Send(Json.Event("RENAMED", Json.Widget("x", 21)));
        watch.Send(Json.Event("ADDED", Json.Widget("c", 22)));

        Assert.Equal("Added default/c ->0", await handler.NextTextAsync());
    }

    [Fact]
    public async Task A_replay_from_no_version_does_not_move_the_version_before_its_first_real_change()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("0");
        watch.Send(Json.Event("ADDED", Json.Widget("a", 40)));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 30)));
        await handler.NextAsync();
        await handler.NextAsync();
        watch.End();

        var resumed = await fixture.Server.NextWatchAsync();
        Assert.Equal("0", resumed["resourceVersion"]);
        var second = resumed.Open();
        second.Send(Json.Event("MODIFIED", Json.Widget("a", 41)));
        second.End();
        Assert.Equal("41", (await fixture.Server.NextWatchAsync())["resourceVersion"]);
    }
}
