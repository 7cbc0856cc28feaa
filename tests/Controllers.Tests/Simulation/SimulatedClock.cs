namespace CrMonitor.Controllers.Tests;

/// <summary>
/// The clock of one process in a <see cref="VirtualWorld"/>: set wrong, running at a rate of its own, and with the pauses of its process.
/// </summary>
internal sealed class SimulatedClock(VirtualWorld world, TimeSpan offset = default, double rate = 1) : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private long _pausedUntil;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (long)(world.Now * rate);

    public override DateTimeOffset GetUtcNow() => Beginning + offset + TimeSpan.FromTicks(GetTimestamp());

    /// <summary>Nothing happens in the process for <paramref name="time"/>; then all that was due at once. Its clock goes on.</summary>
    public void Pause(TimeSpan time) => _pausedUntil = Math.Max(_pausedUntil, world.Now + time.Ticks);

    /// <summary>Lets something happen in the process.</summary>
    public void At(long due, Action happens) => world.At(due, () =>
    {
        if (world.Now < _pausedUntil)
        {
            At(_pausedUntil, happens);
        }
        else
        {
            happens();
        }
    });

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    // Never early, as a system timer.
    private long After(TimeSpan time) => world.Now + (long)Math.Ceiling(time.Ticks / rate);

    private sealed class SimulatedTimer(SimulatedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var version = ++_version;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                clock.At(clock.After(dueTime), () =>
                {
                    if (version == _version)
                    {
                        callback(state);
                    }
                });
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
