namespace CrMonitor.Controllers;

/// <summary>The names under which this library's metrics and traces are found, for <c>AddMeter</c> and <c>AddSource</c> of OpenTelemetry.</summary>
public static class ControllersTelemetry
{
    /// <summary>The name of the meter: <c>controller_runtime_*</c>, as controller-runtime names its metrics.</summary>
    public const string MeterName = "CrMonitor.Controllers";

    /// <summary>The name of the activity source: one span for each reconcile, named <c>reconcile</c> and the controller's name.</summary>
    public const string ActivitySourceName = "CrMonitor.Controllers";
}
