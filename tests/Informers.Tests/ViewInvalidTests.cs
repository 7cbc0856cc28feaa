using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace CrMonitor.Informers.Tests;

/// <summary>Objects that are stored, and that a view cannot read.</summary>
public sealed class ViewInvalidTests
{
    private static readonly ObjectKey A = ViewFixture.Key("a");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_object_that_cannot_be_read_is_invalid_in_the_view_alone_and_the_others_flow()
    {
        var failures = new ConcurrentQueue<ReflectorFailure>();
        await using var fixture = new ViewFixture(options: time => new()
        {
            TimeProvider = time,
            UseStreamingList = false,
            KeepInvalidBytes = true,
            OnFailure = (_, failure) => failures.Enqueue(failure),
        });
        var bySize = fixture.Typed.AddIndex("size", widget => new[] { widget.Spec!.Size });
        var handler = new RecordingHandler();
        fixture.Typed.AddHandler(handler);
        var broken = Broken("a", 5);
        var watch = await fixture.SyncAsync("20", broken, Json.Widget("b", 6, size: 2));
        Assert.Equal("Added default/b ->2 initial", await handler.NextTextAsync());

        Assert.Null(fixture.Typed.Lister.Get(A));
        Assert.Equal("b", Assert.Single(fixture.Typed.Lister.List()).Metadata.Name);
        Assert.Equal("b", Assert.Single(fixture.Typed.Lister.List(predicate: _ => true)).Metadata.Name);
        Assert.Equal(1, fixture.Typed.Lister.Count);
        var invalid = Assert.Single(fixture.Typed.InvalidObjects);
        Assert.Equal((A, "u-a", "5", "$.spec.size"), (invalid.Key, invalid.Uid, invalid.ResourceVersion, invalid.JsonPath));
        Assert.Equal(broken, Encoding.UTF8.GetString(invalid.Json.Span));
        Assert.Equal(1, fixture.Typed.Health.InvalidObjects);
        Assert.Equal(ReflectorFailureReason.InvalidObject, Assert.Single(failures).Reason);

        Assert.Equal((2, 2), (fixture.Stored.Lister.Count, fixture.Metadata.Lister.List().Count));
        Assert.Empty(fixture.Stored.InvalidObjects);
        Assert.Empty(fixture.Metadata.InvalidObjects);

        await fixture.SendAsync(watch, "MODIFIED", Json.Widget("a", 21, size: 1), "21");
        Assert.Equal("Added default/a ->1", await handler.NextTextAsync());
        Assert.Empty(fixture.Typed.InvalidObjects);
        Assert.Equal((2, 0), (fixture.Typed.Lister.Count, fixture.Typed.Health.InvalidObjects));
        Assert.Single(bySize.Find(1));
    }

    [Fact]
    public async Task The_last_state_that_was_read_goes_on_to_be_shown()
    {
        await using var fixture = new ViewFixture();
        var handler = new RecordingHandler();
        fixture.Typed.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        var last = (await handler.NextAsync()).Current;

        await fixture.SendAsync(watch, "MODIFIED", Broken("a", 21), "21");
        Assert.Same(last, fixture.Typed.Lister.Get(A));
        await fixture.SendAsync(watch, "MODIFIED", Broken("a", 22), "22");
        Assert.Same(last, Assert.Single(fixture.Typed.Lister.List()));
        Assert.Equal(1, fixture.Typed.Lister.Count);
        Assert.Equal("22", Assert.Single(fixture.Typed.InvalidObjects).ResourceVersion);
        var late = new RecordingHandler();
        fixture.Typed.AddHandler(late);
        Assert.Equal("Added default/a ->1 initial", await late.NextTextAsync());

        await fixture.SendAsync(watch, "MODIFIED", Json.Widget("a", 23, size: 4), "23");
        Assert.Equal("Updated default/a 1->4", await handler.NextTextAsync());
        Assert.Equal("Updated default/a 1->4", await late.NextTextAsync());
        Assert.Empty(fixture.Typed.InvalidObjects);
    }

    [Fact]
    public async Task The_end_of_an_object_that_cannot_be_read_is_told_with_its_last_readable_state()
    {
        await using var fixture = new ViewFixture();
        var handler = new RecordingHandler();
        fixture.Typed.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1), Broken("b", 6));
        await handler.NextAsync();

        await fixture.SendAsync(watch, "DELETED", Broken("b", 21), "21");
        await fixture.SendAsync(watch, "MODIFIED", Broken("a", 22), "22");
        await fixture.SendAsync(watch, "DELETED", Broken("a", 23), "23");
        Assert.Equal("Deleted default/a 1-> unknown", await handler.NextTextAsync());
        Assert.Equal((0, 0), (fixture.Typed.Lister.Count, fixture.Typed.InvalidObjects.Count));

        await fixture.SendAsync(watch, "ADDED", Json.Widget("a", 24, size: 3), "24");
        Assert.Equal("Added default/a ->3", await handler.NextTextAsync());
    }

    [Fact]
    public async Task What_is_stored_nowhere_is_invalid_in_every_view()
    {
        await using var fixture = new ViewFixture(options: time => new() { TimeProvider = time, UseStreamingList = false, MaxObjectSize = 1024 });
        await fixture.SyncAsync("20", Json.Widget("b", 5, labels: $$"""{"large":"{{new string('x', 2000)}}"}"""), Broken("a", 6));
        Assert.Null(fixture.Typed.Lister.Get(A));

        Assert.Single(fixture.Stored.InvalidObjects);
        Assert.Single(fixture.Metadata.InvalidObjects);
        Assert.Equal(2, fixture.Typed.InvalidObjects.Count);
    }

    [Fact]
    public async Task Metadata_that_are_none_are_invalid_where_they_are_decoded()
    {
        await using var fixture = new ViewFixture();
        await fixture.SyncAsync("20", """{"metadata":{"name":"a","namespace":"default","resourceVersion":"5","generation":"many"},"spec":{} }""");

        Assert.Null(fixture.Metadata.Lister.Get(A));
        Assert.Equal("$.metadata.generation", Assert.Single(fixture.Metadata.InvalidObjects).JsonPath);
        Assert.Null(fixture.Typed.Lister.Get(A));
        Assert.Equal("$.metadata.generation", Assert.Single(fixture.Typed.InvalidObjects).JsonPath);
        Assert.Equal(1, fixture.Stored.Lister.Count);
    }

    [Fact]
    public async Task Objects_are_counted_once_and_those_that_cannot_be_read_as_invalid()
    {
        // A group of its own, since the meter is one for the process.
        const string Group = "views.test.crmonitor.dev";
        var measured = new ConcurrentQueue<(string Name, long Value)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == InformerTelemetry.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags.ToArray().Any(tag => tag.Value as string == Group))
            {
                measured.Enqueue((instrument.Name, value));
            }
        });
        listener.Start();
        await using var fixture = new InformerFixture();
        var resource = new KubeResource(Group, "v1", "widgets", "Widget");
        var stored = fixture.Factory.Informer(DynamicObject.Of(resource));
        var typed = fixture.Factory.Informer(new KubeResource<Widget>(resource, WidgetJson.Default.Widget));
        var handler = new RecordingHandler { Before = (_, cancelled) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancelled) };
        typed.AddHandler(handler);
        fixture.Factory.Start();
        (await fixture.Server.NextListAsync()).List("20", Broken("a", 5), Json.Widget("b", 6), Json.Widget("c", 7));
        (await fixture.Server.NextWatchAsync()).Open();
        await handler.NextAsync();
        typed.Lister.Get(A);
        typed.Lister.Get(A);
        Assert.Equal(1, measured.Count(found => found.Name == "informer_failures"));

        measured.Clear();
        listener.RecordObservableInstruments();
        Assert.Equal(3, Assert.Single(measured, found => found.Name == "informer_objects").Value);
        Assert.Equal(1, Assert.Single(measured, found => found.Name == "informer_invalid_objects").Value);
        Assert.InRange(Assert.Single(measured, found => found.Name == "informer_queued_items").Value, 1, 2);
    }

    [Fact]
    public async Task Many_unreadable_states_are_forgotten_when_they_are_over()
    {
        await using var fixture = new ViewFixture();
        var watch = await fixture.SyncAsync("20", [.. Enumerable.Range(0, 40).Select(i => Broken($"w{i}", i + 1))]);
        Assert.Empty(fixture.Typed.Lister.List());
        Assert.Equal((40, 0), (fixture.Typed.InvalidObjects.Count, fixture.Typed.Lister.Count));
        for (var version = 21; version < 61; version++)
        {
            await fixture.SendAsync(watch, "MODIFIED", Broken("w0", version), $"{version}");
            fixture.Typed.Lister.Get(ViewFixture.Key("w0"));
        }

        Assert.Equal(40, fixture.Typed.InvalidObjects.Count);
        await fixture.RelistAsync(watch, "70");
        Assert.Empty(fixture.Typed.InvalidObjects);
        Assert.Equal(0, fixture.Typed.Lister.Count);
    }

    private static string Broken(string name, int version) =>
        Json.Widget(name, version).Replace("\"size\":0", "\"size\":\"many\"", StringComparison.Ordinal);
}
