namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>The figures of one repetition, named as in the Go programs' output.</summary>
internal sealed record QueueResult(
    Workload Workload,
    QueueOrder Order,
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
        var usage = Usage.Begin();
        run.Run();
        var (wall, cpu, bytes) = usage.Read();
        TimeSpan[] late = [.. run.Lateness.Order()];
        return new QueueResult(
            settings.Workload,
            settings.Order,
            settings.Workers,
            settings.Priorities,
            settings.HasMetrics,
            settings.Count,
            repetition,
            wall.TotalNanoseconds / run.Operations,
            run.AddTime == TimeSpan.Zero ? null : run.AddTime.TotalNanoseconds / run.Operations,
            (double)bytes / run.Operations,
            cpu.TotalSeconds,
            wall.TotalSeconds,
            PeakMemory.MiB,
            Percentile.Of(late, 0.5)?.TotalMilliseconds,
            Percentile.Of(late, 0.99)?.TotalMilliseconds,
            Percentile.Of(late, 1)?.TotalMilliseconds);
    }
}
