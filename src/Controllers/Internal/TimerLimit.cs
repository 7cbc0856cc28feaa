namespace CrMonitor.Controllers;

/// <summary>How long timers can wait.</summary>
internal static class TimerLimit
{
    /// <summary>Timers of .NET count milliseconds in 32 bits: 49.7 days. The rest is for what lengthens a time, such as the tenth at random of a resync.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(44);
}
