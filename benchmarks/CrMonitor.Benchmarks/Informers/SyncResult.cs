namespace CrMonitor.Benchmarks.Informers;

/// <summary>The figures of one cold start.</summary>
/// <param name="Kind">How the objects are held.</param>
/// <param name="Streaming">The list was asked for as a stream.</param>
/// <param name="Objects">How many there were.</param>
/// <param name="SyncS">Seconds until the cache had the list.</param>
/// <param name="HandlerSyncS">Seconds until a handler had been told all of it.</param>
/// <param name="CpuS">CPU time of all threads.</param>
/// <param name="BytesOp">Memory allocated for an object.</param>
/// <param name="RetainedBytesOp">Memory that an object keeps, the store's share included.</param>
/// <param name="PeakRssMib">The most memory that was resident.</param>
internal sealed record SyncResult(
    Form Kind,
    bool Streaming,
    int Objects,
    double SyncS,
    double HandlerSyncS,
    double CpuS,
    double BytesOp,
    double RetainedBytesOp,
    double PeakRssMib);
