using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace CrMonitor.Controllers.Tests;

/// <summary>What one controller measured; others run beside it.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Instrument, IReadOnlyDictionary<string, object?> Tags, double Value)> _values = new();

    /// <param name="value">The value of the tag.</param>
    /// <param name="tag">The tag of what is measured.</param>
    public Measurements(string value, string tag = "controller")
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ControllersTelemetry.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, measured, tags, _) => Keep(instrument, measured, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, measured, tags, _) => Keep(instrument, measured, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, measured, tags, _) => Keep(instrument, measured, tags));
        _listener.Start();

        void Keep(Instrument instrument, double measured, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var byName = tags.ToArray().ToDictionary();
            if (value.Equals(byName.GetValueOrDefault(tag)))
            {
                _values.Enqueue((instrument.Name, byName, measured));
            }
        }
    }

    public bool Has(string instrument) => _values.Any(value => value.Instrument == instrument);

    public double Sum(string instrument, string? result = null, string tag = "result") =>
        _values.Where(value => value.Instrument == instrument && (result is null || result.Equals(value.Tags.GetValueOrDefault(tag)))).Sum(value => value.Value);

    public void Collect() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();
}
