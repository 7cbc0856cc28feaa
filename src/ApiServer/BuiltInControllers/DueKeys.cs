using System.Threading.Channels;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>The keys that a controller has to look at, each once, now or at a time. Any thread may add; one reader takes.</summary>
internal sealed class DueKeys<TKey> : IDisposable
    where TKey : notnull
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    // _gate guards the fields down to _sequence. It is held for their updates alone.
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, (long Time, long Sequence)> _due = [];
    private readonly PriorityQueue<TKey, (long Time, long Sequence)> _order = new(); // entries whose place is not that of _due are stale
    private long _sequence; // of keys that are due at the same time, the first to be added comes first

    // Of capacity one, since it says only that there is something to look at.
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public DueKeys(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(
            static state => ((DueKeys<TKey>)state!)._signal.Writer.TryWrite(true), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(TKey key) => AddAt(key, _time.GetUtcNow());

    /// <summary>Of several times for one key the earliest holds.</summary>
    public void AddAt(TKey key, DateTimeOffset dueTime)
    {
        lock (_gate)
        {
            var time = dueTime.UtcTicks;
            if (_due.TryGetValue(key, out var earlier) && earlier.Time <= time)
            {
                return;
            }

            var due = (time, _sequence++);
            _due[key] = due;
            _order.Enqueue(key, due);
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>The next key whose time has come.</summary>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            long? nextTime = null;
            lock (_gate)
            {
                while (_order.TryPeek(out var key, out var next))
                {
                    if (!_due.TryGetValue(key, out var current) || current != next)
                    {
                        _order.Dequeue();
                        continue;
                    }

                    if (next.Time <= _time.GetUtcNow().UtcTicks)
                    {
                        _order.Dequeue();
                        _due.Remove(key);
                        return key;
                    }

                    nextTime = next.Time;
                    break;
                }
            }

            if (nextTime is { } time)
            {
                // Timers count whole milliseconds: rounded up, since one that fires early would only be set again. They cannot be set for years
                // ahead.
                var wait = TimeSpan.FromTicks(time - _time.GetUtcNow().UtcTicks);
                _timer.Change(
                    TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, LongestWait.TotalMilliseconds)),
                    Timeout.InfiniteTimeSpan);
                if (time <= _time.GetUtcNow().UtcTicks)
                {
                    // The clock went on while the timer was set, which now may be too late.
                    continue;
                }
            }

            await _signal.Reader.ReadAsync(cancellationToken);
        }
    }

    public void Dispose() => _timer.Dispose();
}
