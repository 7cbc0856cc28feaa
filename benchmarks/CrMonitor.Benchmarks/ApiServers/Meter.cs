namespace CrMonitor.Benchmarks.ApiServers;

/// <summary>Measures from its making on.</summary>
internal sealed class Meter
{
    private const double MiB = 1024 * 1024;

    private readonly long _bytes;
    private readonly TimeSpan _cpu;
    private readonly long _start;

    public Meter()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        _bytes = GC.GetTotalAllocatedBytes(precise: true);
        _cpu = Environment.CpuUsage.TotalTime;
        _start = TimeProvider.System.GetTimestamp();
    }

    public ServerResult Read(ServerWorkload workload, int count, int repetition, bool hasRate)
    {
        var wall = TimeProvider.System.GetElapsedTime(_start);
        var cpu = Environment.CpuUsage.TotalTime - _cpu;
        var bytes = GC.GetTotalAllocatedBytes(precise: true) - _bytes;

        // What is garbage is the runtime's to keep or to give back; what is asked here is what the objects need.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return new ServerResult(
            workload.ToString().ToLowerInvariant(),
            count,
            repetition,
            Round(wall.TotalMilliseconds),
            Round(cpu.TotalMilliseconds),
            hasRate ? Round(count / wall.TotalSeconds) : null,
            count > 1 ? Round(cpu.TotalMicroseconds / count) : null,
            Round((double)bytes / count),
            Round(Environment.WorkingSet / MiB));
    }

    private static double Round(double value) => Math.Round(value, 2);
}
