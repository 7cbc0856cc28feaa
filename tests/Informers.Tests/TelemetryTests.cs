using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CrMonitor.Tests;

namespace CrMonitor.Informers.Tests;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Objects_events_failures_and_durations_are_measured_by_resource()
    {
        // A group of its own, since the meter is one for the process.
        const string Group = "telemetry.test.crmonitor.dev";
        var measured = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == InformerTelemetry.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value?.ToString());
            if (labels["group"] == Group)
            {
                var name = string.Join(
                    ' ', new[] { instrument.Name }.Concat(new[] { "type", "verb", "mode", "reason" }.Where(labels.ContainsKey).Select(label => labels[label])));
                var amount = instrument is Histogram<double> ? 1 : value;
                measured.AddOrUpdate(name, amount, (_, before) => instrument.IsObservable ? value : before + amount);
            }
        }

        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.Start();

        var server = new ScriptedServer();
        var time = new SignallingTime();
        await using var factory = new SharedInformerFactory(server.Transport, new SharedInformerFactoryOptions { TimeProvider = time });
        var informer = factory.Informer(new KubeResource<Widget>(new KubeResource(Group, "v1", "widgets", "Widget"), WidgetJson.Default.Widget));
        var handler = new RecordingHandler { Before = (_, _) => throw new InvalidOperationException("on purpose") };
        informer.AddHandler(handler);
        factory.Start();
        (await server.NextListAsync()).List("20", Json.Widget("a", 1), Json.Widget("b", 2));
        var watch = (await server.NextWatchAsync()).Open();
        watch.Send(Json.Event("ADDED", Json.Widget("c", 21)));
        watch.Send(Json.Event("ADDED", """{"metadata":{"name":"broken"},"spec":5}"""));
        watch.Send(Json.Bookmark(30));
        await watch.Drained();
        time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => measured.GetValueOrDefault("informer_handler_exceptions") == 3, "three calls have failed");
        listener.RecordObservableInstruments();

        Assert.Equal(3, measured["informer_objects"]);
        string[] cached = [Json.Widget("a", 1), Json.Widget("b", 2), Json.Widget("c", 21)];
        Assert.Equal(cached.Sum(json => json.Trim().Length), measured["informer_cache_bytes"]);
        Assert.Equal(1, measured["informer_invalid_objects"]);
        Assert.Equal(0, measured["informer_queued_items"]);
        Assert.Equal(30, measured["informer_store_resource_version"]);
        Assert.Equal(5, measured["informer_last_proof_of_life"]);
        Assert.Equal(2, measured["informer_events added"]);
        Assert.Equal(1, measured["informer_events bookmark"]);
        Assert.Equal(1, measured["informer_failures InvalidObject"]);
        Assert.Equal(1, measured["informer_list_duration pages"]);
        Assert.True(measured["informer_received"] > 500, $"{measured["informer_received"]} bytes of a list and three events");
        Assert.True(measured.ContainsKey("informer_processing_latency"));

        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        await time.SkipDelayAsync();
        await server.NextListAsync();
        Assert.Equal(1, measured["informer_failures Expired"]);
        Assert.Equal(1, measured["informer_restarts list Expired"]);
        Assert.True(measured.ContainsKey("informer_watch_duration"));
    }
}
