using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>The figures of one repetition, named as in the Go programs' output.</summary>
internal sealed record DecodeResult(
    string What,
    string Kind,
    int N,
    int Rep,
    [property: JsonPropertyName("MB_s")] double MegabytesPerSecond,
    [property: JsonPropertyName("MB_s_cpu")] double MegabytesPerCpuSecond,
    double PerS,
    double UsOp,
    double BytesOp,
    [property: JsonPropertyName("heap_B_obj")] double HeapBytesPerObject,
    double DecodedPerRound,
    double CpuS,
    double WallS)
{
    public static DecodeResult Measure(DecodeWorkload workload, Form form, IDecodeRun run, int count, int rounds, int repetition)
    {
        run.Clear();
        var live = GC.GetTotalMemory(forceFullCollection: true);
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var start = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < rounds; i++)
        {
            run.Round();
        }

        var wall = TimeProvider.System.GetElapsedTime(start);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        live = GC.GetTotalMemory(forceFullCollection: true) - live;
        var objects = (double)rounds * count;
        return new DecodeResult(
            Name(workload),
            Name(form),
            count,
            repetition,
            Round(run.InputSize * (double)rounds / 1e6 / wall.TotalSeconds),
            Round(run.InputSize * (double)rounds / 1e6 / cpu.TotalSeconds),
            Round(objects / wall.TotalSeconds),
            Round(wall.TotalMicroseconds / objects),
            Round(bytes / objects),
            Round((double)live / count),
            run.Decoded,
            Round(cpu.TotalSeconds),
            Round(wall.TotalSeconds));
    }

    private static double Round(double value) => Math.Round(value, 3);

    private static string Name<TEnum>(TEnum value)
        where TEnum : struct, Enum => value.ToString().ToLowerInvariant();
}
