using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;

namespace CrMonitor.Informers.Tests;

/// <summary>Every failure is told: to OnFailure, to health, to the log and to the metrics, with its reason.</summary>
public sealed class FailureTests
{
    public static TheoryData<ReflectorFailureReason> Reasons => [.. Enum.GetValues<ReflectorFailureReason>()];

    // Case 53.
    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task A_failure_reaches_everyone_who_may_want_to_know(ReflectorFailureReason reason)
    {
        // A group of its own, since the meter is one for the process.
        var resource = new KubeResource<Widget>(new KubeResource($"{reason}.test.crmonitor.dev".ToLowerInvariant(), "v1", "widgets", "Widget"), WidgetJson.Default.Widget);
        var told = new ConcurrentQueue<(KubeResource Resource, ReflectorFailure Failure)>();
        var counted = new ConcurrentQueue<string?>();
        using var listener = Listen(resource.Group, counted);
        var logs = new LogRecorder();
        var time = new SignallingTime();
        using var server = new ScriptedServer { HasStreamingLists = reason == ReflectorFailureReason.StreamingListFailed };
        await using var factory = new SharedInformerFactory(server.Transport, new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            LoggerFactory = logs,
            UseStreamingList = server.HasStreamingLists,
            OnFailure = (of, failure) => told.Enqueue((of, failure)),
        });
        var informer = factory.Informer(resource);
        factory.Start();

        await CauseAsync(reason, server, time);

        var (which, what) = Assert.Single(told);
        Assert.Equal((resource.Plural, resource.Group), (which.Plural, which.Group));
        Assert.Equal(reason, what.Reason);
        Assert.NotNull(what.Exception);
        Assert.Equal([reason.ToString()], counted);
        if (reason == ReflectorFailureReason.InvalidObject)
        {
            Assert.Contains("default/broken", what.Message, StringComparison.Ordinal);
            Assert.Equal(1, informer.Health.InvalidObjects);
            Assert.Contains(logs.Lines, line => line.Contains("default/broken", StringComparison.Ordinal));
            return;
        }

        Assert.Equal(what, informer.Health.LastFailure);
        Assert.Equal(1, informer.Health.ConsecutiveFailures);
        Assert.Contains(logs.Lines, line => line.Contains($": {reason}: {what.Message}; ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_listener_that_throws_is_logged_and_the_informer_goes_on()
    {
        var logs = new LogRecorder();
        await using var fixture = new InformerFixture(options: time => new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            LoggerFactory = logs,
            OnFailure = (_, _) => throw new InvalidOperationException("on purpose"),
        });
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 1));
        await fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        Assert.Contains(logs.Lines, line => line.Contains("OnFailure threw", StringComparison.Ordinal));
    }

    /// <summary>Lets exactly one thing go wrong, and returns when the informer has gone on to its next request or wait.</summary>
    private static async Task CauseAsync(ReflectorFailureReason reason, ScriptedServer server, SignallingTime time)
    {
        switch (reason)
        {
            case ReflectorFailureReason.StreamingListFailed:
                (await server.NextStreamAsync()).Answer(HttpStatusCode.UnprocessableEntity, Json.Status(422, "Invalid", "unknown"));
                await server.NextListAsync();
                return;

            case ReflectorFailureReason.ListFailed:
                (await server.NextListAsync()).Answer(HttpStatusCode.Forbidden, Json.Status(403, "Forbidden", "no"));
                await AfterDelayAsync();
                return;

            case ReflectorFailureReason.KindMissing:
                (await server.NextListAsync()).Answer(HttpStatusCode.NotFound, "404 page not found");
                await AfterDelayAsync();
                return;

            case ReflectorFailureReason.ConnectionFailed:
                (await server.NextListAsync()).Refuse();
                await AfterDelayAsync();
                return;

            case ReflectorFailureReason.TooManyRequests:
                (await server.NextListAsync()).Answer(HttpStatusCode.TooManyRequests, Json.Status(429, "TooManyRequests", "later"));
                await AfterDelayAsync();
                return;
        }

        (await server.NextListAsync()).List("20");
        var request = await server.NextWatchAsync();
        if (reason == ReflectorFailureReason.WatchFailed)
        {
            request.Answer(HttpStatusCode.Forbidden, Json.Status(403, "Forbidden", "no"));
            await AfterDelayAsync();
            return;
        }

        var watch = request.Open();
        await watch.Drained();
        switch (reason)
        {
            case ReflectorFailureReason.Expired:
                watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
                break;
            case ReflectorFailureReason.ErrorEvent:
                watch.Send(Json.Event("ERROR", Json.Status(500, "StoreReadError", "corrupt")));
                break;
            case ReflectorFailureReason.StreamBroken:
                watch.Break();
                break;
            case ReflectorFailureReason.VeryShortWatch:
                watch.End();
                break;
            case ReflectorFailureReason.Idle:
                time.Advance(TimeSpan.FromMinutes(11));
                await server.NextWatchAsync();
                return;
            case ReflectorFailureReason.InvalidObject:
                watch.Send(Json.Event("ADDED", Json.Widget("broken", 21).Replace("\"size\":0", "\"size\":\"many\"", StringComparison.Ordinal)));
                await watch.Drained();
                return;
            default:
                throw new InvalidOperationException($"No test causes {reason}.");
        }

        await AfterDelayAsync();

        async Task AfterDelayAsync()
        {
            await time.SkipDelayAsync();
            await server.NextAsync();
        }
    }

    private static MeterListener Listen(string group, ConcurrentQueue<string?> counted)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == InformerTelemetry.MeterName && instrument.Name == "informer_failures")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var labels = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value?.ToString());
            if (labels["group"] == group)
            {
                counted.Enqueue(labels["reason"]);
            }
        });
        listener.Start();
        return listener;
    }
}
