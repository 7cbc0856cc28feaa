namespace CrMonitor.Controllers;

/// <summary>How many more events of one object may be written: a bucket of tokens. Owned by the recorder's loop.</summary>
internal sealed class EventAllowance(double tokens, long at)
{
    private double _tokens = tokens;

    /// <summary>When it was last asked for, as a timestamp.</summary>
    public long LastAt { get; private set; } = at;

    public bool TryTake(TimeProvider time, long now, int burst, TimeSpan refill)
    {
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(LastAt, now) / refill));
        LastAt = now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
