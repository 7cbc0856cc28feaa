using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Informers.Tests;

/// <summary>A virtual clock that tells when somebody begins to wait, so that a test moves it neither too early nor by guessing.</summary>
internal sealed class SignallingTime : FakeTimeProvider
{
    private static readonly TimeSpan Answer = ReflectorTimes.Answer;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(4);
    private readonly Channel<TimeSpan> _delays = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>Moves on by the next delay that somebody waits for (deadlines of requests do not count), and returns it.</summary>
    public async Task<TimeSpan> SkipDelayAsync()
    {
        var delay = await NextDelayAsync();
        Advance(delay);
        return delay;
    }

    /// <summary>The next delay that somebody waits for, without moving on.</summary>
    public async Task<TimeSpan> NextDelayAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        return await _delays.Reader.ReadAsync(limit.Token);
    }

    /// <summary>As <see cref="SkipDelayAsync"/>, however long it takes until somebody waits.</summary>
    public async Task SkipNextAsync(CancellationToken cancellationToken) => Advance(await _delays.Reader.ReadAsync(cancellationToken));

    /// <summary>As <see cref="SkipDelayAsync"/>, but does not take timers of <paramref name="deadline"/> for delays.</summary>
    public async Task<TimeSpan> SkipPastAsync(TimeSpan deadline)
    {
        while (await _delays.Reader.ReadAsync(TestContext.Current.CancellationToken) is var delay)
        {
            if (delay != deadline)
            {
                Advance(delay);
                return delay;
            }
        }

        throw new InvalidOperationException("The channel is never completed.");
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero && dueTime < LongestDelay && dueTime != Answer)
        {
            _delays.Writer.TryWrite(dueTime);
        }

        return timer;
    }
}
