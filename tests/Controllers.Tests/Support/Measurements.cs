using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace CrMonitor.Controllers.Tests;

/// <summary>What one controller measured; others run beside it.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Instrument, string? Result, double Value)> _values = new();

    public Measurements(string controller)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ControllersTelemetry.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();

        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var byName = tags.ToArray().ToDictionary();
            if (controller.Equals(byName.GetValueOrDefault("controller")))
            {
                _values.Enqueue((instrument.Name, byName.GetValueOrDefault("result") as string, value));
            }
        }
    }

    public bool Has(string instrument) => _values.Any(value => value.Instrument == instrument);

    public double Sum(string instrument, string? result = null) =>
        _values.Where(value => value.Instrument == instrument && (result is null || value.Result == result)).Sum(value => value.Value);

    public void Collect() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();
}
