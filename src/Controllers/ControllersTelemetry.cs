namespace CrMonitor.Controllers;

/// <summary>The names under which this library's metrics and traces are found, for <c>AddMeter</c> and <c>AddSource</c> of OpenTelemetry.</summary>
public static class ControllersTelemetry
{
    /// <summary>
    /// The name of the meter: <c>controller_runtime_*</c>, <c>rest_client_*</c> and <c>leader_election_*</c>, as controller-runtime names its
    /// metrics, and
    /// <c>crmonitor_*</c>.
    /// </summary>
    public const string MeterName = "CrMonitor.Controllers";

    /// <summary>The name of the activity source: 
    /// one span for each reconcile, named <c>reconcile</c> and the controller's name and linked to the spans of its causes (the run before, if it
    /// asked for this one), with
    /// a child for each call of the API.
    /// </summary>
    public const string ActivitySourceName = "CrMonitor.Controllers";
}
