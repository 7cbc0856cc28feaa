namespace CrMonitor.Informers;

/// <summary>Names for those who collect this library's telemetry.</summary>
/// <remarks>
/// Instruments carry <c>group</c>, <c>version</c> and <c>resource</c>, never an object's name. As Prometheus shows them:
/// <c>informer_objects</c>, <c>informer_invalid_objects</c>, <c>informer_queued_items</c> (changes that wait for handlers),
/// <c>informer_store_resource_version</c> (its last 15 digits), <c>informer_last_proof_of_life_seconds</c>,
/// <c>informer_events_total</c> (by <c>type</c>), <c>informer_failures_total</c> (by <c>reason</c>), <c>informer_restarts_total</c> (by
/// <c>verb</c>, list or watch,
/// and <c>reason</c>), <c>informer_received_bytes_total</c>, <c>informer_handler_exceptions_total</c>, <c>informer_processing_latency_seconds</c>,
/// <c>informer_list_duration_seconds</c> (by <c>mode</c>, stream or pages), <c>informer_watch_duration_seconds</c>.
/// </remarks>
public static class InformerTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "CrMonitor.Informers";

    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/>: one span for each list.</summary>
    public const string ActivitySourceName = "CrMonitor.Informers";
}
