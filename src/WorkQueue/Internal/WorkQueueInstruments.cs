using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// client-go's instruments, made once a meter and shared by its queues. Depth, counts and ages are read from the queues when somebody collects,
/// so that they cost a queue nothing in between.
/// </summary>
internal sealed class WorkQueueInstruments
{
    // 10 ns to 10 s, a decade a bucket.
    private static readonly InstrumentAdvice<double> DurationBuckets = new()
    {
        HistogramBucketBoundaries = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10],
    };

    private static readonly ConditionalWeakTable<Meter, WorkQueueInstruments> ByMeter = [];
    private static readonly Meter SharedMeter = new(WorkQueueMetrics.MeterName);

    private readonly Lock _gate = new();
    private volatile IMeasuredQueue[] _queues = []; // replaced under _gate, read by collectors

    private WorkQueueInstruments(Meter meter)
    {
        QueueDuration = Histogram("workqueue_queue_duration_seconds", "How long a key was ready before it was handed out.");
        WorkDuration = Histogram("workqueue_work_duration_seconds", "How long a key was with its worker.");

        Counter("workqueue_adds_total", static state => state.Adds, "Additions that made a key need a run.");
        Counter("workqueue_retries_total", static state => state.Retries, "Additions with a delay or a rate limit.");
        Counter("workqueue_refused_adds_total", static state => state.Refused, "Additions after the shutdown.");

        meter.CreateObservableGauge("workqueue_depth", ObserveDepth, unit: null, "Keys that are ready now.");
        meter.CreateObservableGauge("workqueue_flows", ObserveFlows, unit: null, "Flows that have ready keys now.");
        Gauge("workqueue_unfinished_work_seconds", "s", static state => state.UnfinishedWorkSeconds, "The ages of all held keys, added up.");
        Gauge("workqueue_longest_running_processor_seconds", "s", static state => state.LongestRunningSeconds, "The age of the longest held key.");
        Gauge("workqueue_oldest_ready_age_seconds", "s", static state => state.OldestReadySeconds, "How long the oldest ready key has been ready.");

        Histogram<double> Histogram(string name, string description) => meter.CreateHistogram(name, "s", description, tags: null, DurationBuckets);
        void Counter(string name, Func<QueueState, long> value, string description) =>
            meter.CreateObservableCounter(name, () => Observe(value), unit: null, description);
        void Gauge<TValue>(string name, string? unit, Func<QueueState, TValue> value, string description) where TValue : struct =>
            meter.CreateObservableGauge(name, () => Observe(value), unit, description);
    }

    public Histogram<double> QueueDuration { get; }

    public Histogram<double> WorkDuration { get; }

    public static WorkQueueInstruments Get(IMeterFactory? factory) =>
        ByMeter.GetValue(factory is null ? SharedMeter : factory.Create(WorkQueueMetrics.MeterName), static meter => new WorkQueueInstruments(meter));

    public void Register(IMeasuredQueue queue)
    {
        lock (_gate)
        {
            _queues = [.. _queues, queue];
        }
    }

    public void Unregister(IMeasuredQueue queue)
    {
        lock (_gate)
        {
            _queues = [.. _queues.Where(registered => registered != queue)];
        }
    }

    private Measurement<TValue>[] Observe<TValue>(Func<QueueState, TValue> value) where TValue : struct =>
        Array.ConvertAll(_queues, queue => new Measurement<TValue>(value(queue.Observe()), queue.NameTag));

    private IEnumerable<Measurement<long>> ObserveDepth()
    {
        foreach (var queue in _queues)
        {
            if (queue.CountByPriority() is not { } counts)
            {
                yield return new Measurement<long>(queue.Observe().Ready, queue.NameTag);
                continue;
            }

            foreach (var (label, count) in queue.PriorityLabels.Group(counts))
            {
                yield return new Measurement<long>(count, queue.NameTag, new KeyValuePair<string, object?>("priority", label));
            }
        }
    }

    private IEnumerable<Measurement<long>> ObserveFlows() =>
        from queue in _queues where queue.HasFlows select new Measurement<long>(queue.Observe().Flows, queue.NameTag);
}
