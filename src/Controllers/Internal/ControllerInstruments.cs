using System.Diagnostics.Metrics;

namespace CrMonitor.Controllers;

/// <summary>The metrics of a host's controllers, named so that a Prometheus scrape shows controller-runtime's names.</summary>
internal sealed class ControllerInstruments : IDisposable
{
    // controller-runtime's.
    private static readonly double[] ReconcileTimeBuckets =
    [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7,
        8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
    ];

    // controller-runtime's.
    private static readonly double[] RequestTimeBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

    // controller-runtime's, in bytes.
    private static readonly long[] SizeBuckets =
        [64, 256, 512, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20];

    private readonly Meter? _owned;
    private readonly Counter<long> _total;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _terminalErrors;
    private readonly Counter<long> _timeouts;
    private readonly Counter<long> _panics;
    private readonly Histogram<double> _time;
    private readonly Counter<long> _events;
    private readonly Counter<long> _eventsLost;
    private readonly Counter<long> _slowPaths;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestTime;
    private readonly Histogram<long> _requestSize;
    private readonly Histogram<long> _responseSize;
    private readonly Counter<long> _retries;
    private volatile IReadOnlyList<Controller> _controllers = [];
    private volatile LeaderElector? _elector;

    public ControllerInstruments(IMeterFactory? factory)
    {
        var meter = factory?.Create(ControllersTelemetry.MeterName) ?? (_owned = new Meter(ControllersTelemetry.MeterName));
        _total = meter.CreateCounter<long>(
            "controller_runtime_reconcile_total", null, "Runs, by result: success, requeue, requeue_after, error, conflict.");
        _errors = meter.CreateCounter<long>(
            "controller_runtime_reconcile_errors_total", null, "Runs that failed, terminal ones and timeouts included, conflicts not.");
        _terminalErrors = meter.CreateCounter<long>("controller_runtime_terminal_reconcile_errors_total", null, "Runs that failed for good.");
        _timeouts = meter.CreateCounter<long>(
            "controller_runtime_reconcile_timeouts_total", null, "Runs that were cancelled at the reconcile timeout.");
        _panics = meter.CreateCounter<long>(
            "controller_runtime_reconcile_panics_total",
            null,
            "Runs that failed outside their reconciler, by something that was plugged in; the worker went on.");
        _time = meter.CreateHistogram(
            "controller_runtime_reconcile_time_seconds",
            "s",
            "How long a run took.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = ReconcileTimeBuckets });
        meter.CreateObservableGauge(
            "controller_runtime_max_concurrent_reconciles",
            () => _controllers.Select(c => new Measurement<int>(c.Concurrency, c.NameTag)),
            null,
            "How many objects a controller reconciles at a time at most.");
        meter.CreateObservableGauge(
            "controller_runtime_active_workers",
            () => _controllers.Select(c => new Measurement<int>(c.ActiveWorkers, c.NameTag)),
            null,
            "How many objects a controller reconciles now.");
        meter.CreateObservableGauge(
            "crmonitor_hanging_reconciles",
            () => _controllers.Select(c => new Measurement<int>(c.HangingWorkers().Count(), c.NameTag)),
            null,
            "Runs of a controller that take longer than they should.");
        meter.CreateObservableGauge(
            "crmonitor_longest_running_reconcile_seconds",
            () => _controllers.Select(c => new Measurement<double>(
                c.BusyWorkers().Select(worker => worker.For.TotalSeconds).DefaultIfEmpty().Max(), c.NameTag)),
            null,
            "How long the longest run of a controller has been going on.");
        _events = meter.CreateCounter<long>(
            "crmonitor_events_recorded_total", null, "Kubernetes events that were recorded, repeated ones included, by type.");
        _eventsLost = meter.CreateCounter<long>(
            "crmonitor_events_lost_total", null, "Kubernetes events that were not written, by reason: full, spam, refused, unreachable, stopped.");
        meter.CreateObservableGauge(
            "leader_election_master_status",
            () => _elector is { } elector ? [new Measurement<int>(elector.IsLeader ? 1 : 0, ElectionTag(elector))] : Array.Empty<Measurement<int>>(),
            null,
            "1 while this process leads, 0 while it stands by, by the name of the lease.");
        _requests = meter.CreateCounter<long>(
            "rest_client_requests_total", null, "Requests to the API server, by status code (<error> for none), method and host.");
        _requestTime = meter.CreateHistogram(
            "rest_client_request_duration_seconds",
            "s",
            "How long the API server took to begin its answer, by verb and host.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = RequestTimeBuckets });
        _requestSize = meter.CreateHistogram(
            "rest_client_request_size_bytes",
            "By",
            "Bodies that single calls sent, by verb and host.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = SizeBuckets });
        _responseSize = meter.CreateHistogram(
            "rest_client_response_size_bytes",
            "By",
            "Bodies that single calls were answered with, by verb and host.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = SizeBuckets });
        _retries = meter.CreateCounter<long>(
            "rest_client_request_retries_total", null, "Single calls that were sent again, by what came of it (code), verb and host.");
        _slowPaths = meter.CreateCounter<long>(
            "leader_election_slowpath_total", null, "Renewals that had to read the lease first, because somebody else had written it.");
    }

    /// <summary>Shows whether this process leads.</summary>
    public void Observe(LeaderElector elector)
    {
        _elector = elector;
        _slowPaths.Add(0, ElectionTag(elector));
    }

    public void ElectionTookSlowPath(LeaderElector elector) => _slowPaths.Add(1, ElectionTag(elector));

    /// <summary>
    /// Says what there is to observe, and shows all counters of these controllers from the start, so that their first increase is seen as one.
    /// </summary>
    public void Observe(IReadOnlyList<Controller> controllers)
    {
        _controllers = controllers;
        foreach (var controller in controllers)
        {
            foreach (var result in Enum.GetValues<ReconcileOutcome>().Select(Result).Distinct())
            {
                _total.Add(0, controller.NameTag, new("result", result));
            }

            _errors.Add(0, controller.NameTag);
            _terminalErrors.Add(0, controller.NameTag);
            _timeouts.Add(0, controller.NameTag);
            _panics.Add(0, controller.NameTag);
        }
    }

    public void Reconciled(Controller controller, ReconcileOutcome outcome, TimeSpan duration)
    {
        _total.Add(1, controller.NameTag, new("result", Result(outcome)));
        _time.Record(duration.TotalSeconds, controller.NameTag);
        if (outcome is ReconcileOutcome.Error or ReconcileOutcome.Terminal or ReconcileOutcome.Timeout)
        {
            _errors.Add(1, controller.NameTag);
        }

        switch (outcome)
        {
            case ReconcileOutcome.Terminal:
                _terminalErrors.Add(1, controller.NameTag);
                break;
            case ReconcileOutcome.Timeout:
                _timeouts.Add(1, controller.NameTag);
                break;
        }
    }

    public void Broken(Controller controller) => _panics.Add(1, controller.NameTag);

    public void Requested(string method, string host, string code, TimeSpan duration)
    {
        _requests.Add(1, new("code", code), new("method", method), new("host", host));
        _requestTime.Record(duration.TotalSeconds, new("verb", method), new("host", host));
    }

    public void Attempted(string verb, string host, string code, bool isRetry, long requestSize, long? responseSize)
    {
        _requestSize.Record(requestSize, new("verb", verb), new("host", host));
        if (responseSize is { } size)
        {
            _responseSize.Record(size, new("verb", verb), new("host", host));
        }

        if (isRetry)
        {
            _retries.Add(1, new("code", code), new("verb", verb), new("host", host));
        }
    }

    public void EventRecorded(EventType type) => _events.Add(1, new KeyValuePair<string, object?>("type", type.ToString()));

    public void EventsLost(string reason, int count) => _eventsLost.Add(count, new KeyValuePair<string, object?>("reason", reason));

    public void Dispose() => _owned?.Dispose();

    private static KeyValuePair<string, object?> ElectionTag(LeaderElector elector) => new("name", elector.Name);

    private static string Result(ReconcileOutcome outcome) => outcome switch
    {
        ReconcileOutcome.Success => "success",
        ReconcileOutcome.Requeue => "requeue",
        ReconcileOutcome.RequeueAfter => "requeue_after",
        ReconcileOutcome.Conflict => "conflict",
        _ => "error",
    };
}
