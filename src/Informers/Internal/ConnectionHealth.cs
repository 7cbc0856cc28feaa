namespace CrMonitor.Informers;

/// <summary>What is known of one reflector's connection. The run loop writes, anyone reads.</summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="longestSilence">How long it may take at most, from a sign of life or the end of a pause, until there is another sign of life or a failure.</param>
internal sealed class ConnectionHealth(TimeProvider timeProvider, TimeSpan longestSilence)
{
    // _gate guards the fields below; it is held for assignments alone.
    private readonly Lock _gate = new();
    private long? _lastProofOfLife;
    private long? _pausedUntil;   // when the last failure, and the pause after it, was over
    private long? _watchOpenedAt;
    private int _consecutiveFailures;
    private ReflectorFailure? _lastFailure;

    /// <summary>A part of a list came.</summary>
    public void Heard()
    {
        lock (_gate)
        {
            _lastProofOfLife = timeProvider.GetTimestamp();
        }
    }

    /// <summary>A list page, an event or a bookmark came.</summary>
    public void Alive()
    {
        lock (_gate)
        {
            _lastProofOfLife = timeProvider.GetTimestamp();
            _consecutiveFailures = 0;
            _lastFailure = null;
        }
    }

    /// <summary>The server accepted a watch, at this timestamp.</summary>
    public void WatchOpened(long timestamp)
    {
        lock (_gate)
        {
            _lastProofOfLife = timestamp;
            _watchOpenedAt = timestamp;
        }
    }

    public void WatchClosed()
    {
        lock (_gate)
        {
            _watchOpenedAt = null;
        }
    }

    /// <summary>Something failed, and nothing is done for as long as <paramref name="pause"/>.</summary>
    public void Failed(ReflectorFailure failure, TimeSpan pause)
    {
        lock (_gate)
        {
            _pausedUntil = timeProvider.GetTimestamp() + (long)(pause.TotalSeconds * timeProvider.TimestampFrequency);
            _consecutiveFailures++;
            _lastFailure = failure;
        }
    }

    public InformerHealth Snapshot(bool hasSynced, int invalidObjects)
    {
        lock (_gate)
        {
            // A watch that has outlived the "very short" ones proves, without an event, that the failure before it is over.
            var isEstablished = _watchOpenedAt is { } opened && timeProvider.GetElapsedTime(opened) >= ReflectorTimes.VeryShortWatch;
            TimeSpan? silence = _lastProofOfLife is { } at ? timeProvider.GetElapsedTime(at) : null;

            // A failure shows as well as a part of a list that the loop runs.
            TimeSpan? idle = _pausedUntil is { } until && timeProvider.GetElapsedTime(until) is var since && !(since > silence) ? since : silence;
            return new InformerHealth
            {
                HasSynced = hasSynced,
                IsConnected = _watchOpenedAt is not null,
                SinceLastProofOfLife = silence,
                IsStalled = idle > longestSilence,
                ConsecutiveFailures = isEstablished ? 0 : _consecutiveFailures,
                LastFailure = isEstablished ? null : _lastFailure,
                InvalidObjects = invalidObjects,
            };
        }
    }
}
