using System.Net;

namespace CrMonitor.Informers.Tests;

public sealed class RelistingTests
{
    // Case 40.
    [Fact]
    public async Task Each_version_is_tried_once_and_the_newest_state_taken_when_it_is_not_there()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        var request = await fixture.Server.NextListAsync();
        List<string?> asked = [request["resourceVersion"]];
        foreach (var version in new[] { "20", "30", "40" })
        {
            request.List(version);
            (await fixture.Server.NextWatchAsync()).Answer(HttpStatusCode.Gone, Json.Status(410, "Expired", "too old"));
            (request, _) = await fixture.AfterDelayAsync();
            asked.Add(request["resourceVersion"]);
            request.Answer(
                HttpStatusCode.GatewayTimeout,
                Json.Status(504, "Timeout", "Too large resource version", """{"causes":[{"reason":"ResourceVersionTooLarge"}]}"""));
            request = await fixture.Server.NextListAsync();
            asked.Add(request["resourceVersion"]);
        }

        Assert.Equal(["0", "20", null, "30", null, "40", null], asked);
    }

    [Fact]
    public async Task A_newest_state_that_is_not_there_either_is_asked_for_again_after_a_pause()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).Answer(HttpStatusCode.Gone, Json.Status(410, "Expired", "too old"));
        (await fixture.Server.NextListAsync()).Answer(HttpStatusCode.Gone, Json.Status(410, "Expired", "too old"));

        var (third, delay) = await fixture.AfterDelayAsync();
        Assert.Null(third["resourceVersion"]);
        Assert.True(delay >= Backoff.First, $"a pause of {delay}");
    }

    [Theory]
    [InlineData(504, "Timeout", "Too large resource version: 20, current: 3", """{"causes":[{"reason":"ResourceVersionTooLarge"}],"retryAfterSeconds":1}""")]
    [InlineData(504, "Timeout", "Too large resource version: 20, current: 3", "{}")]
    [InlineData(410, "Expired", "too old", "{}")]
    public async Task A_watch_from_a_version_that_the_server_does_not_have_leads_to_a_list(int code, string reason, string message, string details)
    {
        foreach (var isInStream in new[] { true, false })
        {
            await using var fixture = new InformerFixture();
            fixture.Informer.Start();
            (await fixture.Server.NextListAsync()).List("20");
            var watch = await fixture.Server.NextWatchAsync();
            var status = Json.Status(code, reason, message, details);
            if (isInStream)
            {
                watch.Open().Send(Json.Event("ERROR", status));
            }
            else
            {
                watch.Answer((HttpStatusCode)code, status);
            }

            var (list, _) = await fixture.AfterDelayAsync();
            Assert.False(list.IsWatch);
            Assert.Equal("20", list["resourceVersion"]);
            Assert.Equal(ReflectorFailureReason.Expired, fixture.Informer.Health.LastFailure!.Reason);
        }
    }

    // Case 47.
    [Fact]
    public async Task An_internal_error_is_met_with_the_same_watch_for_as_long_as_the_window_says()
    {
        await using var fixture = new InformerFixture(options: time => new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            Random = new Random(1),
            UseStreamingList = false,
            InternalErrorRetryWindow = TimeSpan.FromSeconds(10),
        });
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("20");
        var request = await fixture.Server.NextWatchAsync();
        var began = fixture.Time.GetUtcNow();
        while (request.IsWatch)
        {
            Assert.True(fixture.Time.GetUtcNow() - began <= TimeSpan.FromSeconds(30), "the window has closed long since");
            request.Open().Send(Json.Event("ERROR", Json.Status(500, "InternalError", "etcd is away")));
            (request, _) = await fixture.AfterDelayAsync();
        }

        Assert.True(fixture.Time.GetUtcNow() - began > TimeSpan.FromSeconds(10), "the window was still open");
        Assert.Equal(ReflectorFailureReason.ErrorEvent, fixture.Informer.Health.LastFailure!.Reason);
    }

    [Fact]
    public void The_window_opens_anew_after_a_minute_without_an_internal_error_and_after_it_has_closed()
    {
        var time = new SignallingTime();
        var window = new InternalErrorWindow(time, TimeSpan.FromSeconds(90));
        Assert.True(window.MayRetry(), "the first");
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.True(window.MayRetry(), "within the window");
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.False(window.MayRetry(), "for longer than the window");
        Assert.True(window.MayRetry(), "the first once more");

        time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(window.MayRetry(), "forgotten: the first");
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(window.MayRetry(), "within the window of the second time");

        var none = new InternalErrorWindow(time, TimeSpan.Zero);
        Assert.False(none.MayRetry(), "there is no window");
    }

    // Acceptance: deletions while disconnected are told once. A reset before any bookmark is resumed, a forgotten gap found by the list.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deletion_while_disconnected_is_told_exactly_once(bool isForgotten)
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("kept", 3), Json.Widget("lost", 4, size: 1));

        // What a handler has not been told of yet, it is not told to be gone.
        await handler.NextAsync();
        await handler.NextAsync();
        watch.Break();
        var (resumed, _) = await fixture.AfterDelayAsync();
        Assert.Equal("20", resumed["resourceVersion"]);
        if (isForgotten)
        {
            resumed.Answer(HttpStatusCode.Gone, Json.Status(410, "Expired", "too old"));
            (await fixture.AfterDelayAsync()).Request.List("25", Json.Widget("kept", 3));
        }
        else
        {
            resumed.Open().Send(Json.Event("DELETED", Json.Widget("lost", 24, size: 1)) + Json.Bookmark(25));
        }

        Assert.Equal(isForgotten ? "Deleted default/lost 1-> unknown" : "Deleted default/lost 1->", await handler.NextTextAsync());
        Assert.Equal(3, handler.All.Count);
        Assert.Equal(1, fixture.Informer.Lister.Count);
    }

    [Fact]
    public async Task Stopping_between_two_pages_ends_the_list()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).Answer(Json.List("20", [Json.Widget("a", 1)], next: "two"));
        var second = await fixture.Server.NextListAsync();

        await fixture.Factory.StopAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(second.Cancelled.Task.IsCompleted, "the request is given up");
        Assert.Equal(0, fixture.Informer.Lister.Count);
    }
}
