namespace CrMonitor.Benchmarks.ApiServers;

/// <summary>The figures of one repetition.</summary>
/// <param name="Workload">What was done.</param>
/// <param name="N">How many objects or watchers there were.</param>
/// <param name="Rep">The number of the repetition.</param>
/// <param name="WallMs">The time of the whole.</param>
/// <param name="CpuMs">The CPU time of all threads.</param>
/// <param name="PerSecond">Objects a second.</param>
/// <param name="CpuUsOp">CPU time of one object or watcher.</param>
/// <param name="BytesOp">Memory allocated for one object or watcher.</param>
/// <param name="RssMib">Memory resident at the end, after a collection.</param>
internal sealed record ServerResult(
    ServerWorkload Workload, int N, int Rep, double WallMs, double CpuMs, double? PerSecond, double? CpuUsOp, double BytesOp, double RssMib)
{
    private const double MiB = 1024 * 1024;

    public static ServerResult Read(Usage usage, ServerWorkload workload, int count, int repetition, bool hasRate)
    {
        var (wall, cpu, bytes) = usage.Read();

        // What is garbage is the runtime's to keep or to give back; what is asked here is what the objects need.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return new ServerResult(
            workload,
            count,
            repetition,
            wall.TotalMilliseconds,
            cpu.TotalMilliseconds,
            hasRate ? count / wall.TotalSeconds : null,
            count > 1 ? cpu.TotalMicroseconds / count : null,
            (double)bytes / count,
            Environment.WorkingSet / MiB);
    }
}
