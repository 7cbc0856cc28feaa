using System.Collections.Concurrent;

namespace CrMonitor.Controllers.Tests;

/// <summary>A clock that knows which of its timers are set: what was to happen later and has not been taken back.</summary>
internal sealed class CountingTime(TimeProvider inner) : TimeProvider
{
    private readonly ConcurrentDictionary<CountedTimer, bool> _timers = new();

    /// <summary>Timers that are neither disposed nor over.</summary>
    public int Set => _timers.Values.Count(isSet => isSet);

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new CountedTimer(this);
        timer.Inner = inner.CreateTimer(
            called =>
            {
                if (period == Timeout.InfiniteTimeSpan)
                {
                    timer.Mark(false);
                }

                callback(called);
            },
            state,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class CountedTimer(CountingTime owner) : ITimer
    {
        public ITimer Inner { get; set; } = null!;

        public void Mark(bool isSet)
        {
            if (owner._timers.ContainsKey(this) || isSet)
            {
                owner._timers[this] = isSet;
            }
        }

        // Marked first: it may fall due within the change.
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Mark(dueTime != Timeout.InfiniteTimeSpan);
            return Inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            Inner.Dispose();
            owner._timers.TryRemove(this, out _);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
