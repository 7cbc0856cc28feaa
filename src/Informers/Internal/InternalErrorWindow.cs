namespace CrMonitor.Informers;

/// <summary>Says whether an <c>InternalError</c> in a watch may be met with the same watch once more: for a while after the first one.</summary>
/// <remarks>Belongs to one run loop.</remarks>
internal sealed class InternalErrorWindow(TimeProvider timeProvider, TimeSpan window)
{
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private long? _first;
    private long _last;

    /// <summary>There was one. <see langword="false"/>: it has gone on for too long, and the next one is the first again.</summary>
    public bool MayRetry()
    {
        var now = timeProvider.GetTimestamp();
        if (_first is null || timeProvider.GetElapsedTime(_last, now) >= Memory)
        {
            _first = now;
        }

        _last = now;
        if (window > TimeSpan.Zero && timeProvider.GetElapsedTime(_first.Value, now) <= window)
        {
            return true;
        }

        _first = null;
        return false;
    }
}
