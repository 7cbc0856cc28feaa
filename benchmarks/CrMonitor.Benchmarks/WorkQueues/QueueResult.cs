namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>The figures of one repetition, named as in the Go programs' output.</summary>
internal sealed record QueueResult(
    string Workload,
    string Order,
    int Workers,
    int Priorities,
    bool Metrics,
    int N,
    int Rep,
    double NsOp,
    double? AddNsOp,
    double BytesOp,
    double CpuS,
    double WallS,
    double PeakRssMib,
    double? LateP50Ms,
    double? LateP99Ms,
    double? LateMaxMs)
{
    public static QueueResult Measure(QueueSettings settings, string[] keys, int repetition)
    {
        using var run = new QueueRun(settings, keys);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var start = TimeProvider.System.GetTimestamp();
        run.Run();
        var wall = TimeProvider.System.GetElapsedTime(start);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        var late = run.Lateness.Select(lateness => lateness.TotalMilliseconds).Order().ToArray();
        return new QueueResult(
            Name(settings.Workload),
            Name(settings.Order),
            settings.Workers,
            settings.Priorities,
            settings.HasMetrics,
            settings.Count,
            repetition,
            Round(wall.TotalNanoseconds / run.Operations),
            run.AddTime == TimeSpan.Zero ? null : Round(run.AddTime.TotalNanoseconds / run.Operations),
            Round((double)bytes / run.Operations),
            Round(cpu.TotalSeconds),
            Round(wall.TotalSeconds),
            Round(PeakMemory.MiB),
            Percentile(late, 0.5),
            Percentile(late, 0.99),
            Percentile(late, 1));
    }

    private static double? Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? null : Round(sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))]);

    private static double Round(double value) => Math.Round(value, 3);

    private static string Name<TEnum>(TEnum value) where TEnum : struct, Enum => value.ToString().ToLowerInvariant();
}
