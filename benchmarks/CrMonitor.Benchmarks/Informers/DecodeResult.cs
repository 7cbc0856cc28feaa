using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>The figures of one repetition, named as in the Go programs' output.</summary>
internal sealed record DecodeResult(
    DecodeWorkload What,
    Form Kind,
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
    public static DecodeResult Measure(DecodeSettings settings, IDecodeRun run, int repetition)
    {
        run.Clear();
        var live = GC.GetTotalMemory(forceFullCollection: true);
        var usage = Usage.Begin();
        for (var i = 0; i < settings.Rounds; i++)
        {
            run.Round();
        }

        var (wall, cpu, bytes) = usage.Read();
        live = GC.GetTotalMemory(forceFullCollection: true) - live;
        var megabytes = run.InputSize * (double)settings.Rounds / 1e6;
        var objects = (double)settings.Rounds * settings.Count;
        return new DecodeResult(
            settings.What,
            settings.Form,
            settings.Count,
            repetition,
            megabytes / wall.TotalSeconds,
            megabytes / cpu.TotalSeconds,
            objects / wall.TotalSeconds,
            wall.TotalMicroseconds / objects,
            bytes / objects,
            (double)live / settings.Count,
            run.Decoded,
            cpu.TotalSeconds,
            wall.TotalSeconds);
    }
}
