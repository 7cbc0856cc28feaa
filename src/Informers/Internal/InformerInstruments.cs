using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CrMonitor.Informers;

/// <summary>The library's instruments. Gauges ask the running informers when somebody collects, and cost nothing otherwise.</summary>
internal static class InformerInstruments
{
    private const int VersionDigits = 15;
    private static readonly Meter Meter = new(InformerTelemetry.MeterName);
    private static readonly ConcurrentDictionary<IObservedInformer, byte> Running = new();

    public static readonly ActivitySource Activities = new(InformerTelemetry.ActivitySourceName);

    public static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "informer_events", "{event}", "Events on watch streams, by type.");

    public static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "informer_failures", "{failure}", "Failures of listing, watching and decoding, by reason.");

    public static readonly Counter<long> Restarts = Meter.CreateCounter<long>(
        "informer_restarts", "{restart}", "Lists and watches (verb) that were asked for again, by the reason why.");

    public static readonly Counter<long> ReceivedBytes = Meter.CreateCounter<long>(
        "informer_received", "By", "Bytes of lists and watches.");

    public static readonly Counter<long> HandlerExceptions = Meter.CreateCounter<long>(
        "informer_handler_exceptions", "{exception}", "Exceptions that handlers have thrown.");

    public static readonly Histogram<double> ProcessingLatency = Meter.CreateHistogram<double>(
        "informer_processing_latency", "s", "Time to put an event into the store and the handlers' mailboxes.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    public static readonly Histogram<double> ListDuration = Meter.CreateHistogram<double>(
        "informer_list_duration", "s", "Time of complete lists, by mode: stream, or pages (all of them).",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });

    public static readonly Histogram<double> WatchDuration = Meter.CreateHistogram<double>(
        "informer_watch_duration", "s", "How long watches were open.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 5, 30, 60, 120, 300, 450, 600, 900] });

    static InformerInstruments()
    {
        Meter.CreateObservableGauge("informer_objects", () => Observe(informer => informer.ObjectCount), "{object}", "Cached objects.");
        Meter.CreateObservableGauge(
            "informer_cache_bytes", () => Observe(informer => informer.CacheBytes), "By", "Cached objects as JSON, as they came from the server.");
        Meter.CreateObservableGauge(
            "informer_invalid_objects",
            () => Observe(informer => informer.InvalidCount),
            "{object}",
            "Objects whose latest state cannot be decoded.");
        Meter.CreateObservableGauge(
            "informer_queued_items", () => Observe(informer => informer.QueuedItems), "{item}", "Changes that wait for handlers.");
        Meter.CreateObservableGauge(
            "informer_store_resource_version",
            () => Observe(informer => LastDigits(informer.StoreVersion)),
            null,
            "The store's version, last 15 digits.");
        Meter.CreateObservableGauge(
            "informer_last_proof_of_life",
            () => Running.Keys
                .Select(informer => (informer.Tags, informer.Health.SinceLastProofOfLife))
                .Where(observed => observed.SinceLastProofOfLife is not null)
                .Select(observed => new Measurement<double>(observed.SinceLastProofOfLife!.Value.TotalSeconds, observed.Tags)),
            "s",
            "Time since the server was last heard of.");
    }

    public static void Started(IObservedInformer informer) => Running.TryAdd(informer, 0);

    public static void Stopped(IObservedInformer informer) => Running.TryRemove(informer, out _);

    public static TagList TagsOf(KubeResource resource) => new()
    {
        { "group", resource.Group },
        { "version", resource.Version },
        { "resource", resource.Plural },
    };

    /// <summary>The tags of one informer among several of its resource.</summary>
    public static TagList TagsOf(KubeResource resource, InformerScope scope)
    {
        var tags = TagsOf(resource);
        if (!scope.Equals(InformerScope.All))
        {
            tags.Add("scope", scope.ToString());
        }

        return tags;
    }

    private static IEnumerable<Measurement<long>> Observe(Func<IObservedInformer, long> value) =>
        Running.Keys.Select(informer => new Measurement<long>(value(informer), informer.Tags));

    private static long LastDigits(string? version) =>
        version is null ? 0 : long.TryParse(version.AsSpan(Math.Max(0, version.Length - VersionDigits)), out var number) ? number : 0;
}
