namespace CrMonitor.WorkQueue;

/// <summary>How priorities are kept from starving a key: see <see cref="PriorityOrder{TKey}"/>.</summary>
internal static class Ageing
{
    /// <summary>One of so many hand-outs goes to the key that has been ready longest, once it has aged.</summary>
    public const int HandOutsPerAged = 4;

    public static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(30);

    public static TimeSpan Checked(TimeSpan value)
    {
        if (value != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
        }

        return value;
    }

    /// <summary>The ageing time in ticks of the clock; <see cref="long.MaxValue"/> for none.</summary>
    public static long Ticks(TimeSpan time, TimeProvider timeProvider) =>
        time == Timeout.InfiniteTimeSpan
            ? long.MaxValue
            : (long)Math.Min(long.MaxValue / 2, time.Ticks * ((double)timeProvider.TimestampFrequency / TimeSpan.TicksPerSecond));
}
