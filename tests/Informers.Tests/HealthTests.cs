using System.Net;
using System.Net.Http.Headers;
using CrMonitor.Tests;

namespace CrMonitor.Informers.Tests;

/// <summary>What an informer tells of itself while code that it was given does not return.</summary>
public sealed class HealthTests
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(30 + 75);

    [Theory]
    [InlineData("an index function")]
    [InlineData("a transform")]
    public async Task An_informer_whose_user_code_does_not_return_counts_as_stalled(string code)
    {
        await using var fixture = new InformerFixture();
        using var release = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Block(Widget widget)
        {
            if (widget.Metadata.Name == "stubborn")
            {
                entered.TrySetResult();
                release.Wait(TestContext.Current.CancellationToken);
            }
        }

        if (code == "a transform")
        {
            fixture.Informer.SetTransform(widget =>
            {
                Block(widget);
                return widget;
            });
        }
        else
        {
            fixture.Informer.AddIndex("stubborn", widget =>
            {
                Block(widget);
                return [];
            });
        }

        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5));
        var view = fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        watch.Send(Json.Event("ADDED", Json.Widget("stubborn", 21)));
        await entered.Task;

        fixture.Time.Advance(LongestSilence);
        Assert.False(fixture.Informer.Health.IsStalled, "a watch may be as silent as that");
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(fixture.Informer.Health.IsStalled);
        Assert.True(view.Health.IsStalled);

        release.Set();
        await fixture.Server.NextWatchAsync();
        Assert.False(fixture.Informer.Health.IsStalled);
    }

    [Fact]
    public async Task An_informer_whose_user_code_does_not_return_counts_as_stalled_also_after_a_failure()
    {
        await using var fixture = new InformerFixture();
        using var release = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Informer.SetTransform(widget =>
        {
            entered.TrySetResult();
            release.Wait(TestContext.Current.CancellationToken);
            return widget;
        });
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).Refuse();
        (await fixture.AfterDelayAsync()).Request.List("20", Json.Widget("a", 5));
        await entered.Task;

        fixture.Time.Advance(LongestSilence);
        Assert.False(fixture.Informer.Health.IsStalled, "a watch may be as silent as that");
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var stalled = fixture.Informer.Health;
        release.Set();
        Assert.True(stalled.IsStalled, $"{stalled}");
        Assert.Equal(ReflectorFailureReason.ConnectionFailed, stalled.LastFailure?.Reason);
        Assert.Equal(LongestSilence + TimeSpan.FromSeconds(1), stalled.SinceLastProofOfLife);
    }

    [Fact]
    public async Task An_informer_that_waits_for_as_long_as_its_server_asks_does_not_count_as_stalled()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5));
        watch.Break();
        var (again, _) = await fixture.AfterDelayAsync();
        again.Answer(
            HttpStatusCode.TooManyRequests, "", response => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromMinutes(30)));
        await Eventually.TrueAsync(() => fixture.Informer.Health.LastFailure?.Reason == ReflectorFailureReason.TooManyRequests, "it was refused");

        for (var minute = 1; minute < 30; minute++)
        {
            fixture.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.False(fixture.Informer.Health.IsStalled, $"after {minute} minutes");
        }
    }

    [Fact]
    public async Task An_informer_whose_server_is_gone_does_not_count_as_stalled()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5));
        watch.Break();

        for (var attempts = 0; attempts < 60; attempts++)
        {
            (await fixture.AfterDelayAsync()).Request.Refuse();
            Assert.False(fixture.Informer.Health.IsStalled);
        }

        Assert.True(fixture.Informer.Health.SinceLastProofOfLife > LongestSilence);
    }

    [Fact]
    public async Task A_handler_says_for_how_long_its_call_has_run()
    {
        await using var fixture = new InformerFixture();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new RecordingHandler { Before = (_, _) => release.Task };
        var registration = fixture.Informer.AddHandler(handler);
        Assert.Null(registration.InCallFor);

        await fixture.SyncAsync("20", Json.Widget("a", 5));
        await handler.NextAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(7), registration.InCallFor);

        release.SetResult();
        await registration.WaitForSyncAsync(TestContext.Current.CancellationToken);
        Assert.Null(registration.InCallFor);
    }
}
