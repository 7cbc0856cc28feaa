namespace CrMonitor.Benchmarks;

/// <summary>What this process used up from one moment on.</summary>
internal sealed class Usage
{
    private readonly long _bytes = GC.GetTotalAllocatedBytes(precise: true);
    private readonly TimeSpan _cpu = Environment.CpuUsage.TotalTime;
    private readonly long _start = TimeProvider.System.GetTimestamp();

    private Usage()
    {
    }

    /// <summary>Starts to count, from a clean heap.</summary>
    public static Usage Begin()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return new Usage();
    }

    /// <summary>What was used since: time, CPU time of all threads, and memory allocated.</summary>
    public (TimeSpan Wall, TimeSpan Cpu, long Bytes) Read()
    {
        var wall = TimeProvider.System.GetElapsedTime(_start);
        return (wall, Environment.CpuUsage.TotalTime - _cpu, GC.GetTotalAllocatedBytes(precise: true) - _bytes);
    }
}
