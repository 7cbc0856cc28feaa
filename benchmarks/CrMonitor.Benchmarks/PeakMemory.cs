using System.Globalization;

namespace CrMonitor.Benchmarks;

internal static class PeakMemory
{
    /// <summary>The most memory this process has had resident so far; 0 where the system does not tell.</summary>
    public static double MiB
    {
        get
        {
            const string status = "/proc/self/status";
            var line = File.Exists(status)
                ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
                : null;
            return line is null
                ? 0
                : double.Parse(line.AsSpan("VmHWM:".Length, line.Length - "VmHWM:".Length - " kB".Length), CultureInfo.InvariantCulture) / 1024;
        }
    }
}
