namespace CrMonitor.Informers;

/// <summary>Growing delays between attempts: 0.8 s, 1.6 s, ... up to 30 s, each with up to as much again by chance.</summary>
/// <remarks>
/// They start again only after the connection has been well for two minutes. A server that has been down for an hour is asked twice a minute, not
/// more.
/// Belongs to one run loop.
/// </remarks>
internal sealed class Backoff(TimeProvider timeProvider, Random random)
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(800);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(2);

    private TimeSpan _next = First;
    private long? _wellSince;

    /// <summary>
    /// The connection works (<paramref name="since"/>: a timestamp of the time provider). Said again and again, the first time since a failure
    /// counts.
    /// </summary>
    public void Well(long since) => _wellSince ??= since;

    /// <summary>Something failed: how long to wait before the next attempt.</summary>
    public TimeSpan NextDelay()
    {
        if (_wellSince is { } since && timeProvider.GetElapsedTime(since) >= QuietTime)
        {
            _next = First;
        }

        _wellSince = null;
        var delay = _next * (1 + random.NextDouble());
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return delay;
    }
}
