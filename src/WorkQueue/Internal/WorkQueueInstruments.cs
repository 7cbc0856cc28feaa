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
        QueueDuration = meter.CreateHistogram(
            "workqueue_queue_duration_seconds", "s", "How long a key was ready before it was handed out.", tags: null, DurationBuckets);
        WorkDuration = meter.CreateHistogram(
            "workqueue_work_duration_seconds", "s", "How long a key was with its worker.", tags: null, DurationBuckets);
        meter.CreateObservableGauge("workqueue_depth", () => Observe(static s => s.Ready), null, "Keys that are ready now.");
        meter.CreateObservableCounter("workqueue_adds_total", () => Observe(static s => s.Adds), null, "Additions that made a key need a run.");
        meter.CreateObservableCounter("workqueue_retries_total", () => Observe(static s => s.Retries), null, "Additions with a delay or a rate limit.");
        meter.CreateObservableCounter("workqueue_refused_adds_total", () => Observe(static s => s.Refused), null, "Additions after the shutdown.");
        meter.CreateObservableGauge("workqueue_unfinished_work_seconds", () => Observe(static s => s.UnfinishedWorkSeconds), "s", "The ages of all keys that are with a worker, added up.");
        meter.CreateObservableGauge("workqueue_longest_running_processor_seconds", () => Observe(static s => s.LongestRunningSeconds), "s", "The age of the key that is longest with its worker.");
        meter.CreateObservableGauge("workqueue_oldest_ready_age_seconds", () => Observe(static s => s.OldestReadySeconds), "s", "How long the oldest ready key has been ready.");
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
}
