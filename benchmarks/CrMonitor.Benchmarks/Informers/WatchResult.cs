namespace CrMonitor.Benchmarks.Informers;

/// <summary>The figures of one stream of events.</summary>
/// <param name="Kind">How the objects are held.</param>
/// <param name="Events">How many events the server sent.</param>
/// <param name="Handled">How many calls the handler had for them: events of one object that come faster than it works are merged.</param>
/// <param name="EventsS">Events a second, from the first call to the last.</param>
/// <param name="CpuUsEvent">CPU time of all threads for an event, in microseconds.</param>
/// <param name="BytesEvent">Memory allocated for an event.</param>
/// <param name="LatP50Us">With <c>--latency</c>: half of the calls came within this time after the server's stamp.</param>
/// <param name="LatP90Us">90 % of them.</param>
/// <param name="LatP99Us">99 % of them.</param>
/// <param name="PeakRssMib">The most memory that was resident.</param>
internal sealed record WatchResult(
    Form Kind,
    int Events,
    int Handled,
    double EventsS,
    double CpuUsEvent,
    double BytesEvent,
    double? LatP50Us,
    double? LatP90Us,
    double? LatP99Us,
    double PeakRssMib);
