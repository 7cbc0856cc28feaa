using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class MetricsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly TestMeterFactory _factory = new();
    private readonly Dictionary<string, List<double>> _recorded = [];
    private readonly List<(string Name, double Value)> _measurements = [];
    private readonly List<(string? Priority, double Value)> _depths = [];
    private readonly MeterListener _listener = new();
    private readonly WorkQueue<string> _queue;

    public MetricsTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _factory.Meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
        _queue = new WorkQueue<string>(new WorkQueueOptions<string> { Name = "apps", TimeProvider = _time, MeterFactory = _factory });
    }

    public void Dispose()
    {
        _queue.Dispose();
        _listener.Dispose();
        _factory.Dispose();
    }

    [Fact]
    public void Durations_are_measured_once_a_hand_out_and_a_readdition_starts_anew()
    {
        _queue.Add("a");
        Assert.Equal(1, Collect("workqueue_depth"));
        _time.Advance(TimeSpan.FromMicroseconds(50));
        var item = _queue.TakeNow();
        Assert.Equal(0, Collect("workqueue_depth"));
        Assert.Equal(1, Collect("workqueue_adds_total"));
        Assert.Equal([50e-6], Recorded("workqueue_queue_duration_seconds"));
        Assert.Equal([], Recorded("workqueue_work_duration_seconds"));

        _time.Advance(TimeSpan.FromMicroseconds(15));
        _queue.Add("a");
        _queue.Add("a");
        Assert.Equal(2, Collect("workqueue_adds_total"));
        _time.Advance(TimeSpan.FromMicroseconds(10));
        item.Dispose();
        Assert.Equal([25e-6], Recorded("workqueue_work_duration_seconds"));

        _time.Advance(TimeSpan.FromMicroseconds(5));
        _queue.RunNow();
        Assert.Equal([15e-6], Recorded("workqueue_queue_duration_seconds"));
        Assert.Equal([0], Recorded("workqueue_work_duration_seconds"));
    }

    [Fact]
    public void The_ages_of_unfinished_work_are_computed_when_they_are_collected()
    {
        _queue.Add("a");
        var a = _queue.TakeNow();
        _time.Advance(TimeSpan.FromSeconds(3));
        _queue.Add("b");
        var b = _queue.TakeNow();
        _queue.Add("c");
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(7, Collect("workqueue_unfinished_work_seconds"));
        Assert.Equal(5, Collect("workqueue_longest_running_processor_seconds"));
        Assert.Equal(2, Collect("workqueue_oldest_ready_age_seconds"));

        a.Dispose();
        Assert.Equal(2, Collect("workqueue_longest_running_processor_seconds"));
        b.Dispose();
        _queue.RunNow();
        Assert.Equal(0, Collect("workqueue_unfinished_work_seconds"));
        Assert.Equal(0, Collect("workqueue_longest_running_processor_seconds"));
        Assert.Equal(0, Collect("workqueue_oldest_ready_age_seconds"));
    }

    [Fact]
    public void Every_addition_with_a_delay_is_a_retry_and_an_add_only_when_it_falls_due()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(1));
        _queue.AddAfter("a", TimeSpan.FromSeconds(2));
        _queue.AddRateLimited("b");
        _queue.AddAfter("c", TimeSpan.Zero);
        Assert.Equal(4, Collect("workqueue_retries_total"));
        Assert.Equal(1, Collect("workqueue_adds_total"));
        Assert.Equal(1, Collect("workqueue_depth"));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, Collect("workqueue_adds_total"));
        Assert.Equal(3, Collect("workqueue_depth"));
    }

    [Fact]
    public async Task A_key_handed_to_a_waiting_caller_was_ready_for_no_time()
    {
        var take = _queue.TakeAsync(TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(1));
        _queue.Add("a");
        (await take)!.Value.Dispose();

        Assert.Equal([0], Recorded("workqueue_queue_duration_seconds"));
    }

    [Fact]
    public void Depth_is_told_by_priority_and_only_of_ready_keys()
    {
        using var queue = Prioritized();
        queue.AddAfter("a", TimeSpan.FromSeconds(1), -100);
        Assert.Equal([("0", 0.0)], Depths());

        _time.Advance(TimeSpan.FromSeconds(1));
        queue.Add("b", 7);
        queue.Add("c", 7);
        Assert.Equal([("-100", 1.0), ("0", 0.0), ("7", 2.0)], Depths());
        Assert.Equal(3, Collect("workqueue_adds_total", "prioritized"));

        queue.RunAllNow();
        Assert.Equal([("-100", 0.0), ("0", 0.0), ("7", 0.0)], Depths());
    }

    [Fact]
    public void Further_priorities_than_25_are_counted_under_one_label_and_the_sum_stays_right()
    {
        using var queue = Prioritized();
        for (var i = 0; i < 100; i++)
        {
            queue.Add($"{i}", i);
        }

        var depths = Depths();
        Assert.Equal(25, depths.Length);
        Assert.Equal(100, depths.Sum(depth => depth.Value));
        Assert.Equal(76, depths.Single(depth => depth.Priority == "exceeded_cardinality_limit").Value);

        queue.RunAllNow();
        queue.Add("new", 1_000_000);
        Assert.Equal(1, Depths().Single(depth => depth.Priority == "exceeded_cardinality_limit").Value);
    }

    [Fact]
    public void Flows_with_ready_keys_are_counted_in_a_fair_queue_only()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions<string>
        {
            Name = "fair",
            TimeProvider = _time,
            MeterFactory = _factory,
            Order = new FairOrder<string, char>(key => key[0]),
        });
        queue.Add("a1");
        queue.Add("a2");
        queue.Add("b1");
        queue.AddAfter("c1", TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal(2, Collect("workqueue_flows", "fair"));
        Assert.Equal(0.5, Collect("workqueue_oldest_ready_age_seconds", "fair"));
        Assert.DoesNotContain(_measurements, measurement => measurement.Name == "workqueue_flows/apps");
        queue.RunAllNow();
        Assert.Equal(0, Collect("workqueue_flows", "fair"));
    }

    [Fact]
    public void Refused_additions_are_counted()
    {
        _queue.ShutDown();
        _queue.Add("a");
        _queue.AddAfter("a", TimeSpan.FromSeconds(1));

        Assert.Equal(2, Collect("workqueue_refused_adds_total"));
        Assert.Equal(0, Collect("workqueue_retries_total"));
    }

    [Fact]
    public void Queues_of_one_factory_share_the_instruments_and_a_disposed_queue_is_not_observed()
    {
        using (var other = new WorkQueue<int>(new WorkQueueOptions<int> { Name = "other", TimeProvider = _time, MeterFactory = _factory }))
        {
            other.Add(1);
            Assert.Equal(1, Collect("workqueue_depth", queue: "other"));
            Assert.Equal(0, Collect("workqueue_depth"));
            Assert.Equal(10, _factory.Instruments.Count);
        }

        _measurements.Clear();
        _listener.RecordObservableInstruments();
        Assert.DoesNotContain(_measurements, measurement => measurement.Name.EndsWith("/other", StringComparison.Ordinal));
    }

    [Fact]
    public void A_queue_without_a_name_is_not_measured()
    {
        using var factory = new TestMeterFactory();
        using var queue = new WorkQueue<string>(new WorkQueueOptions<string> { TimeProvider = _time, MeterFactory = factory });
        queue.Add("a");
        queue.RunNow();

        Assert.Null(factory.Meter);
    }

    [Fact]
    public void Durations_have_a_bucket_for_each_decade_from_10_ns_to_10_s()
    {
        var advice = Assert.IsType<Histogram<double>>(_factory.Instruments.Single(i => i.Name == "workqueue_queue_duration_seconds")).Advice;

        Assert.Equal([1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10], advice!.HistogramBucketBoundaries!);
    }

    private double Collect(string instrument, string queue = "apps")
    {
        _measurements.Clear();
        _listener.RecordObservableInstruments();
        return Assert.Single(_measurements, measurement => measurement.Name == $"{instrument}/{queue}").Value;
    }

    /// <summary>The durations that were recorded since the last look.</summary>
    private double[] Recorded(string instrument) => [.. _recorded.Remove(instrument, out var values) ? values : []];

    private WorkQueue<string> Prioritized() => new(new WorkQueueOptions<string>
    {
        Name = "prioritized",
        TimeProvider = _time,
        MeterFactory = _factory,
        Order = new PriorityOrder<string>(),
    });

    private (string? Priority, double Value)[] Depths()
    {
        _depths.Clear();
        _listener.RecordObservableInstruments();
        return [.. _depths.OrderBy(depth => depth.Priority, StringComparer.Ordinal)];
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags is [{ Key: "name" }, { Key: "priority" } priority])
        {
            Assert.Equal("workqueue_depth", instrument.Name);
            _depths.Add(((string?)priority.Value, value));
            return;
        }

        var tag = Assert.Single(tags.ToArray());
        Assert.Equal("name", tag.Key);
        if (instrument.IsObservable)
        {
            _measurements.Add(($"{instrument.Name}/{tag.Value}", value));
            return;
        }

        if (!_recorded.TryGetValue(instrument.Name, out var values))
        {
            _recorded[instrument.Name] = values = [];
        }

        values.Add(value);
    }

    private sealed class TestMeterFactory : IMeterFactory
    {
        private readonly MeterListener _published = new();

        public TestMeterFactory()
        {
            _published.InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter == Meter)
                {
                    Instruments.Add(instrument);
                }
            };
            _published.Start();
        }

        public Meter? Meter { get; private set; }

        public List<Instrument> Instruments { get; } = [];

        public Meter Create(MeterOptions options)
        {
            Assert.Equal(WorkQueueMetrics.MeterName, options.Name);
            return Meter ??= new Meter(options);
        }

        public void Dispose()
        {
            _published.Dispose();
            Meter?.Dispose();
        }
    }
}
