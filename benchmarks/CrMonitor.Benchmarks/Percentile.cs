namespace CrMonitor.Benchmarks;

internal static class Percentile
{
    /// <summary>The value below which <paramref name="share"/> of the sorted values are; <see langword="null"/> if there are none.</summary>
    public static TimeSpan? Of(IReadOnlyList<TimeSpan> sorted, double share) =>
        sorted.Count == 0 ? null : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
}
