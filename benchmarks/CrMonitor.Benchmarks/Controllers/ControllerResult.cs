namespace CrMonitor.Benchmarks.Controllers;

/// <summary>The figures of one repetition.</summary>
/// <param name="Workload">What was done.</param>
/// <param name="Concurrency">How many objects were reconciled at a time.</param>
/// <param name="N">How many objects there were.</param>
/// <param name="Rep">The number of the repetition.</param>
/// <param name="Reconciles">How many runs there were: with patch two an object, since its own write comes back as a change.</param>
/// <param name="PerSecond">Objects a second, from the first run to the answer to the last patch.</param>
/// <param name="WallS">The time of that.</param>
/// <param name="TotalS">From the start of the host to the last run.</param>
/// <param name="CpuMsOp">CPU time of an object, from the start of the host to the last run.</param>
/// <param name="BytesOp">Memory allocated for an object in that time.</param>
/// <param name="PeakRssMib">The most memory that the process has had resident.</param>
/// <param name="LateP50Us">From the sending of a change to its reconcile, the median.</param>
/// <param name="LateP99Us">The same, the 99th percentile.</param>
/// <param name="LateMaxUs">The same, the longest.</param>
/// <param name="LateMaxAtS">When that change was due, from the first one on: what is slow once shows at the beginning.</param>
internal sealed record ControllerResult(
    ControllerWorkload Workload,
    int Concurrency,
    int N,
    int Rep,
    long Reconciles,
    double? PerSecond,
    double? WallS,
    double TotalS,
    double CpuMsOp,
    double BytesOp,
    double PeakRssMib,
    double? LateP50Us = null,
    double? LateP99Us = null,
    double? LateMaxUs = null,
    double? LateMaxAtS = null);
