using System.Net;

namespace CrMonitor.Informers.Tests;

// Cases 56 to 62 of the reference.
public sealed class StreamingTests : IAsyncDisposable
{
    private readonly List<ReflectorFailureReason> _failures = [];
    private readonly RecordingHandler _handler = new();
    private readonly InformerFixture _fixture;

    public StreamingTests()
    {
        _fixture = new InformerFixture(options: time => new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            Random = new Random(1),
            OnFailure = (_, failure) => _failures.Add(failure.Reason),
        });
        _fixture.Server.HasStreamingLists = true;
        _fixture.Informer.AddHandler(_handler);
        _fixture.Informer.Start();
    }

    private ILister<Widget> Lister => _fixture.Informer.Lister;

    private IEnumerable<string> Names => Lister.List().Select(widget => widget.Metadata.Name).Order();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task The_first_list_is_a_stream_whose_connection_goes_on_as_the_watch()
    {
        var request = await _fixture.Server.NextStreamAsync();
        Assert.Equal("true", request["watch"]);
        Assert.Equal("NotOlderThan", request["resourceVersionMatch"]);
        Assert.Equal("true", request["allowWatchBookmarks"]);
        Assert.Null(request["resourceVersion"]);
        Assert.Null(request["limit"]);
        Assert.InRange(int.Parse(request["timeoutSeconds"]!), 300, 600);
        var stream = request.Open();
        stream.Send(Json.Event("ADDED", Json.Widget("b", 30, size: 2)));
        stream.Send(Json.Event("ADDED", Json.Widget("a", 7, size: 1)));
        stream.Send(Json.Bookmark(31));
        stream.Send(Json.EndOfList("32", mark: "false"));
        await stream.Drained();
        Assert.False(_fixture.Informer.HasSynced, "the end is not marked yet");
        Assert.Equal(0, Lister.Count);

        stream.Send(Json.EndOfList("40"));
        await _fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
        Assert.Equal("40", Lister.ResourceVersion);
        Assert.Equal(["a", "b"], Names);
        string[] told = [await _handler.NextTextAsync(), await _handler.NextTextAsync()];
        Assert.Equal(["Added default/a ->1 initial", "Added default/b ->2 initial"], told.Order());

        stream.Send(Json.Event("MODIFIED", Json.Widget("a", 41, size: 3)));
        Assert.Equal("Updated default/a 1->3", await _handler.NextTextAsync());
        Assert.Equal("41", Lister.ResourceVersion);
        Assert.False(_fixture.Server.HasRequest, "one connection is enough");
        Assert.Empty(_failures);
    }

    [Fact]
    public async Task Changes_before_the_end_mark_are_part_of_the_list()
    {
        var stream = (await _fixture.Server.NextStreamAsync()).Open();
        stream.Send(Json.Event("ADDED", Json.Widget("gone", 5)));
        stream.Send(Json.Event("ADDED", Json.Widget("changed", 6, size: 1)));
        stream.Send(Json.Event("ADDED", Json.Widget("alone", 6, ns: "other")));
        stream.Send(Json.Event("ADDED", Json.Widget("broken", 7).Replace("\"size\":0", "\"size\":\"many\"", StringComparison.Ordinal)));
        stream.Send(Json.Event("ADDED", Json.Widget("healed", 7).Replace("\"size\":0", "\"size\":\"many\"", StringComparison.Ordinal)));
        stream.Send(Json.Event("DELETED", Json.Widget("gone", 8)));
        stream.Send(Json.Event("DELETED", Json.Widget("alone", 8, ns: "other")));
        stream.Send(Json.Event("MODIFIED", Json.Widget("changed", 9, size: 2)));
        stream.Send(Json.Event("MODIFIED", Json.Widget("healed", 10, size: 4)));
        stream.Send(Json.EndOfList("10"));
        await _fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["changed", "healed"], Names);
        Assert.Equal(2, Lister.Get(new ObjectKey("default", "changed"))!.Spec!.Size);
        Assert.Empty(Lister.List("other"));
        Assert.Equal(1, _fixture.Informer.Health.InvalidObjects);
        Assert.Equal([ReflectorFailureReason.InvalidObject, ReflectorFailureReason.InvalidObject], _failures);
    }

    [Theory]
    [InlineData(400, "BadRequest", true)]
    [InlineData(422, "Invalid", true)]
    [InlineData(403, "Forbidden", false)]
    [InlineData(500, "InternalError", false)]
    public async Task A_refused_stream_leads_to_a_list_in_pages_at_once_and_for_good_if_the_server_has_none(int code, string reason, bool forGood)
    {
        (await _fixture.Server.NextStreamAsync()).Answer((HttpStatusCode)code, Json.Status(code, reason, "no"));

        var list = await _fixture.Server.NextListAsync();
        Assert.Equal("0", list["resourceVersion"]);
        Assert.Equal("500", list["limit"]);
        list.List("20");
        (await _fixture.Server.NextWatchAsync()).Open().Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        Assert.Equal(!forGood, (await _fixture.AfterDelayAsync()).Request.IsStream);
        Assert.Equal([ReflectorFailureReason.StreamingListFailed, ReflectorFailureReason.Expired], _failures);
    }

    [Fact]
    public async Task A_kind_that_is_not_there_is_no_reason_to_ask_for_pages()
    {
        var request = await _fixture.Server.NextStreamAsync();
        for (var i = 0; i < 3; i++)
        {
            request.Answer(HttpStatusCode.NotFound, "404 page not found");
            (request, _) = await _fixture.AfterDelayAsync();
            Assert.True(request.IsStream);
        }

        Assert.All(_failures, failure => Assert.Equal(ReflectorFailureReason.KindMissing, failure));
    }

    [Fact]
    public async Task Patience_and_refused_connections_lead_to_another_stream_and_to_no_list()
    {
        var request = await _fixture.Server.NextStreamAsync();
        for (var i = 0; i < 5; i++)
        {
            if (i == 4)
            {
                request.Refuse();
            }
            else
            {
                request.Answer(HttpStatusCode.TooManyRequests, Json.Status(429, "TooManyRequests", "later"));
            }

            (request, _) = await _fixture.AfterDelayAsync();
            Assert.True(request.IsStream);
        }

        request.Open().Send(Json.EndOfList("3"));
        await _fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_stream_that_ends_before_its_end_mark_is_forgotten_and_begun_again()
    {
        var first = (await _fixture.Server.NextStreamAsync()).Open();
        first.Send(Json.Event("ADDED", Json.Widget("gone-meanwhile", 5)));
        first.Send(Json.Event("ADDED", Json.Widget("kept", 6)));
        first.End();

        var (second, _) = await _fixture.AfterDelayAsync();
        Assert.True(second.IsStream);
        Assert.Null(second["resourceVersion"]);
        var stream = second.Open();
        stream.Send(Json.Event("ADDED", Json.Widget("kept", 6)));
        stream.Send(Json.EndOfList("9"));
        await _fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["kept"], Names);
        Assert.Equal([ReflectorFailureReason.StreamBroken], _failures);
    }

    [Fact]
    public async Task A_server_whose_streams_end_too_soon_again_and_again_is_asked_for_pages()
    {
        var request = await _fixture.Server.NextStreamAsync();
        for (var i = 1; i <= ReflectorTimes.MaxCutStreams; i++)
        {
            var stream = request.Open();
            stream.Send(Json.Event("ADDED", Json.Widget("a", 5)));
            stream.Break();
            request = i < ReflectorTimes.MaxCutStreams ? (await _fixture.AfterDelayAsync()).Request : await _fixture.Server.NextListAsync();
        }

        request.List("20");
        await _fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ReflectorFailureReason.StreamingListFailed, _failures[^1]);
    }

    [Fact]
    public async Task A_stream_that_ends_at_once_or_is_no_stream_leads_to_a_list_in_pages_this_once()
    {
        (await _fixture.Server.NextStreamAsync()).Open().End();
        (await _fixture.Server.NextListAsync()).List("20");
        (await _fixture.Server.NextWatchAsync()).Open().Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));

        var again = (await _fixture.AfterDelayAsync()).Request;
        Assert.Equal("20", again["resourceVersion"]);
        again.Answer(Json.List("21", []) + "\n");
        Assert.Equal("20", (await _fixture.Server.NextListAsync())["resourceVersion"]);
    }

    [Fact]
    public async Task After_the_end_mark_a_closed_stream_is_resumed_as_a_watch_and_an_expired_one_by_a_new_stream()
    {
        var stream = (await _fixture.Server.NextStreamAsync()).Open();
        stream.Send(Json.Event("ADDED", Json.Widget("a", 5)));
        stream.Send(Json.EndOfList("9"));
        stream.End();

        // Told before it goes: what comes and goes unseen is not told at all.
        Assert.Equal("Added default/a ->0 initial", await _handler.NextTextAsync());
        var watch = await _fixture.Server.NextWatchAsync();
        Assert.Equal("9", watch["resourceVersion"]);
        watch.Answer(HttpStatusCode.Gone, Json.Status(410, "Expired", "too old"));
        var (again, _) = await _fixture.AfterDelayAsync();
        Assert.True(again.IsStream);
        Assert.Equal("9", again["resourceVersion"]);

        var second = again.Open();
        second.Send(Json.EndOfList("12"));
        Assert.Equal("Deleted default/a 0-> unknown", await _handler.NextTextAsync());
    }

    [Theory]
    [InlineData(410, "Expired", "{}")]
    [InlineData(504, "Timeout", """{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1}""")]
    public async Task A_version_that_the_server_does_not_have_is_given_up_for_the_newest_state(int code, string reason, string details)
    {
        var stream = (await _fixture.Server.NextStreamAsync()).Open();
        stream.Send(Json.EndOfList("20"));
        stream.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        var (again, _) = await _fixture.AfterDelayAsync();
        Assert.Equal("20", again["resourceVersion"]);

        again.Open().Send(Json.Event("ERROR", Json.Status(code, reason, "not here", details)));
        var newest = await _fixture.Server.NextStreamAsync();
        Assert.Null(newest["resourceVersion"]);
        newest.Answer((HttpStatusCode)code, Json.Status(code, reason, "not here either", details));
        Assert.Null((await _fixture.AfterDelayAsync()).Request["resourceVersion"]);
        Assert.All(_failures, failure => Assert.Equal(ReflectorFailureReason.Expired, failure));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_never_marks_the_end_is_asked_for_pages_from_then_on(bool isBusy)
    {
        var stream = (await _fixture.Server.NextStreamAsync()).Open();
        for (var version = 1; isBusy && version <= 6; version++)
        {
            stream.Send(Json.Event("ADDED", Json.Widget("a", version)));
            await stream.Drained();
            _fixture.Time.Advance(TimeSpan.FromSeconds(19));
            Assert.False(stream.Closed.Task.IsCompleted, "it still brings objects");
        }

        await stream.Drained();
        _fixture.Time.Advance(isBusy ? TimeSpan.FromSeconds(6) : ReflectorTimes.ListSilence);
        await stream.Closed.Task.WaitAsync(TestContext.Current.CancellationToken);

        var list = await _fixture.Server.NextListAsync();
        Assert.Equal([ReflectorFailureReason.StreamingListFailed], _failures);
        Assert.Contains("has not marked the end", _fixture.Informer.Health.LastFailure!.Message, StringComparison.Ordinal);
        list.List("20");
        (await _fixture.Server.NextWatchAsync()).Open().Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        Assert.False((await _fixture.AfterDelayAsync()).Request.IsWatch, "never asked for again");
    }

    [Fact]
    public async Task After_the_end_mark_the_stream_may_be_silent_until_the_servers_own_deadline()
    {
        var request = await _fixture.Server.NextStreamAsync();
        var timeout = TimeSpan.FromSeconds(int.Parse(request["timeoutSeconds"]!));
        var stream = request.Open();
        await stream.Drained();
        _fixture.Time.Advance(TimeSpan.FromSeconds(10));
        stream.Send(Json.EndOfList("20"));
        await _fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
        await stream.Drained();

        _fixture.Time.Advance(timeout + ReflectorTimes.WatchSlack - TimeSpan.FromSeconds(11));
        Assert.False(stream.Closed.Task.IsCompleted, "the server may still close it");
        _fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("20", (await _fixture.Server.NextWatchAsync())["resourceVersion"]);
        Assert.Equal([ReflectorFailureReason.Idle], _failures);
    }

    [Fact]
    public async Task A_relist_by_stream_keeps_the_cache_until_the_end_mark_and_unchanged_objects_after_it()
    {
        var stream = (await _fixture.Server.NextStreamAsync()).Open();
        stream.Send(Json.Event("ADDED", Json.Widget("same", 5)) + Json.Event("ADDED", Json.Widget("gone", 6)) + Json.EndOfList("20"));
        stream.Send(Json.Event("ERROR", Json.Status(500, "InternalError", "lost count")));
        var again = (await _fixture.AfterDelayAsync()).Request.Open();
        var same = Lister.Get(new ObjectKey("default", "same"));
        again.Send(Json.Event("ADDED", Json.Widget("same", 5)));
        await again.Drained();
        Assert.Equal(["gone", "same"], Names);

        again.Send(Json.EndOfList("22"));
        await again.Drained();
        Assert.Equal(["same"], Names);
        Assert.Same(same, Lister.Get(new ObjectKey("default", "same")));
        Assert.Equal("22", Lister.ResourceVersion);
    }

    [Fact]
    public async Task Stopping_in_the_middle_of_the_stream_ends_it_at_once()
    {
        var stream = (await _fixture.Server.NextStreamAsync()).Open();
        stream.Send(Json.Event("ADDED", Json.Widget("a", 5)));
        await stream.Drained();

        await _fixture.Factory.StopAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(stream.Closed.Task.IsCompleted, "the body is closed");
        Assert.Empty(_failures);
    }
}
