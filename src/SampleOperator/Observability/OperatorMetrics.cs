using System.Diagnostics.Metrics;

namespace CrMonitor.SampleOperator;

/// <summary>
/// What the operator measures besides the libraries below it. The gauges are computed from the cache when somebody looks, so that they can neither
/// lag behind nor survive the Application that they speak of.
/// </summary>
internal sealed class OperatorMetrics : IDisposable
{
    public const string MeterName = "CrMonitor.SampleOperator";
    public const string ObservedReplicasName = "application_observed_replicas";
    public const string PhaseName = "application_phase";

    // A pass makes a few calls to the API server: usually milliseconds, and seconds when the server is busy.
    private static readonly double[] DurationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Meter _meter;
    private readonly Counter<long> _reconciles;
    private readonly Counter<long> _errors;
    private readonly Histogram<double> _duration;
    private readonly TimeProvider _timeProvider;

    public OperatorMetrics(IMeterFactory meters, TimeProvider timeProvider, Func<IEnumerable<Application>> applications)
    {
        _timeProvider = timeProvider;
        _meter = meters.Create(MeterName);
        _reconciles = _meter.CreateCounter<long>("application_controller_reconcile_total", description: "Reconciles of Applications.");
        _errors = _meter.CreateCounter<long>(
            "application_controller_reconcile_errors_total", description: "Reconciles of Applications that failed, conflicts excepted.");
        _duration = _meter.CreateHistogram(
            "application_controller_reconcile_duration_seconds",
            description: "How long reconciles of Applications took.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets });
        _meter.CreateObservableGauge(
            ObservedReplicasName,
            () => applications().Select(application => new Measurement<int>(application.Status?.AvailableReplicas ?? 0, Tags(application))),
            description: "Available replicas of an Application.");
        _meter.CreateObservableGauge(
            PhaseName,
            () => applications().SelectMany(Phases),
            description: "1 for the phase that an Application is in, 0 for the others.");

        // A counter that was never raised would be missing from the scrape, and a rate over it would be no data instead of zero.
        _reconciles.Add(0);
        _errors.Add(0);
    }

    /// <summary>The start of a measurement: hand it to <see cref="RecordReconcile"/>.</summary>
    public long Start() => _timeProvider.GetTimestamp();

    public void RecordReconcile(long start, bool failed)
    {
        _reconciles.Add(1);
        _duration.Record(_timeProvider.GetElapsedTime(start).TotalSeconds);
        if (failed)
        {
            _errors.Add(1);
        }
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?>[] Tags(Application application) =>
        [new("namespace", application.Metadata.NamespaceProperty), new("name", application.Metadata.Name)];

    private static IEnumerable<Measurement<int>> Phases(Application application)
    {
        var current = application.Metadata.DeletionTimestamp is not null
            ? ApplicationPhase.Terminating
            : application.Status?.Phase ?? ApplicationPhase.Pending;
        return Enum.GetValues<ApplicationPhase>().Select(phase =>
            new Measurement<int>(phase == current ? 1 : 0, [.. Tags(application), new("phase", phase.ToString())]));
    }
}
