using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class DelayTests : IDisposable
{
    private readonly CountingTimeProvider _time = new();
    private readonly WorkQueue<string> _queue;

    public DelayTests() => _queue = new WorkQueue<string>(new WorkQueueOptions<string> { TimeProvider = _time });

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void A_delayed_key_becomes_ready_at_its_deadline()
    {
        _queue.AddAfter("a", Milliseconds(50));
        Assert.Equal((0, 1), (_queue.Count, _queue.WaitingCount));

        _time.Advance(Milliseconds(49));
        Assert.Equal(0, _queue.Count);

        _time.Advance(Milliseconds(1));
        Assert.Equal((1, 0), (_queue.Count, _queue.WaitingCount));
        Assert.Equal(["a"], _queue.RunAllNow());
    }

    [Theory]
    [InlineData(30, 30)]
    [InlineData(60, 50)]
    public void Of_two_deadlines_the_earlier_counts_and_the_key_comes_once(int second, int expected)
    {
        _queue.AddAfter("a", Milliseconds(50));
        _queue.AddAfter("a", Milliseconds(second));

        _time.Advance(Milliseconds(expected - 1));
        Assert.Equal(0, _queue.Count);
        _time.Advance(Milliseconds(1));
        Assert.Equal("a", _queue.RunNow());

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((0, 0), (_queue.Count, _queue.WaitingCount));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(90)]
    public void A_new_deadline_replaces_the_one_before_if_it_is_asked_to(int second)
    {
        _queue.AddAfter("a", Milliseconds(50));
        _queue.AddAfter("a", Milliseconds(second), 0, WaitingRule.NewDeadline);

        _time.Advance(Milliseconds(second - 1));
        Assert.Equal((0, 1), (_queue.Count, _queue.WaitingCount));
        _time.Advance(Milliseconds(1));
        Assert.Equal("a", _queue.RunNow());

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_replaced_deadline_wakes_nobody()
    {
        _queue.AddAfter("a", Milliseconds(50));
        _queue.AddAfter("a", TimeSpan.FromHours(2), 0, WaitingRule.NewDeadline);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, _time.Calls);
    }

    [Fact]
    public void A_deadline_behind_one_that_is_taken_back_is_met()
    {
        _queue.AddAfter("a", Milliseconds(50));
        _queue.AddAfter("b", Milliseconds(100));
        _queue.Cancel("a");

        _time.Advance(Milliseconds(100));

        Assert.True(_queue.TryTake(out var item), "the timer must have released the key");
        Assert.Equal("b", item.Key);
    }

    [Fact]
    public void A_deadline_posted_while_the_timer_waits_for_an_earlier_one_is_met_without_another_call()
    {
        _queue.AddAfter("a", Milliseconds(50));
        _queue.AddAfter("b", Milliseconds(100));

        _time.Advance(Milliseconds(50));
        _time.Advance(Milliseconds(50));

        Assert.Equal(["a", "b"], _queue.RunAllNow());
    }

    [Fact]
    public void Replacing_the_deadline_of_a_ready_key_changes_nothing_and_without_a_delay_makes_a_waiting_key_ready()
    {
        _queue.Add("ready");
        _queue.AddAfter("ready", TimeSpan.FromHours(1), 0, WaitingRule.NewDeadline);
        _queue.AddAfter("waiting", TimeSpan.FromHours(1));
        _queue.AddAfter("waiting", TimeSpan.Zero, 0, WaitingRule.NewDeadline);

        Assert.Equal(["ready", "waiting"], _queue.RunAllNow());
        Assert.Equal(0, _queue.WaitingCount);
    }

    [Fact]
    public void Deadlines_within_a_millisecond_are_met_together_at_the_latest_of_them_and_never_early()
    {
        _queue.AddAfter("a", TimeSpan.FromMicroseconds(50_200));
        _queue.AddAfter("b", TimeSpan.FromMicroseconds(50_700));
        _queue.AddAfter("c", TimeSpan.FromMicroseconds(51_100));

        _time.Advance(TimeSpan.FromMicroseconds(50_699));
        Assert.Equal(0, _queue.Count);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["a", "b", "c"], _queue.RunAllNow());
    }

    [Fact]
    public void Delayed_keys_become_ready_in_the_order_of_their_deadlines()
    {
        _queue.AddAfter("a", Milliseconds(1000));
        _queue.AddAfter("b", Milliseconds(500));
        _queue.AddAfter("c", Milliseconds(300));
        _queue.AddAfter("d", Milliseconds(50));
        _queue.AddAfter("e", Milliseconds(50));

        _time.Advance(Milliseconds(50));
        Assert.Equal(["d", "e"], _queue.RunAllNow().Order());
        _time.Advance(Milliseconds(950));
        Assert.Equal(["c", "b", "a"], _queue.RunAllNow());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_delay_of_zero_or_less_makes_the_key_ready_at_once(int milliseconds)
    {
        Assert.True(_queue.AddAfter("a", Milliseconds(milliseconds)));

        Assert.Equal("a", _queue.RunNow());
    }

    [Fact]
    public void An_addition_absorbs_the_deadline_of_a_waiting_key()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.Add("a");
        Assert.Equal((1, 0), (_queue.Count, _queue.WaitingCount));
        Assert.Equal("a", _queue.RunNow());

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_delayed_addition_of_a_ready_key_changes_nothing()
    {
        _queue.Add("a");
        Assert.True(_queue.AddAfter("a", TimeSpan.FromSeconds(10)));

        Assert.Equal(["a"], _queue.RunAllNow());
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_key_delayed_by_its_worker_waits_after_done()
    {
        _queue.Add("a");
        using (_queue.TakeNow())
        {
            _queue.AddAfter("a", TimeSpan.FromSeconds(10));
            Assert.Equal((1, 1), (_queue.ProcessingCount, _queue.WaitingCount));
        }

        Assert.Equal((0, 0, 1), (_queue.Count, _queue.ProcessingCount, _queue.WaitingCount));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("a", _queue.RunNow());
    }

    [Fact]
    public void A_key_that_falls_due_while_it_is_held_runs_again_after_done()
    {
        _queue.Add("a");
        using (_queue.TakeNow())
        {
            _queue.AddAfter("a", TimeSpan.FromSeconds(10));
            _time.Advance(TimeSpan.FromSeconds(11));
            Assert.Equal((0, 1, 0), (_queue.Count, _queue.ProcessingCount, _queue.WaitingCount));
        }

        Assert.Equal(["a"], _queue.RunAllNow());
    }

    [Fact]
    public void When_the_clock_jumps_all_due_keys_are_released_at_once()
    {
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int> { TimeProvider = _time });
        var keys = Enumerable.Range(1, 5000).ToArray();
        foreach (var seconds in keys)
        {
            queue.AddAfter(seconds, TimeSpan.FromSeconds(seconds));
        }

        _time.Advance(TimeSpan.FromSeconds(3600));

        Assert.Equal((3600, 1400), (queue.Count, queue.WaitingCount));
        Assert.Equal(keys.Take(3600), queue.RunAllNow());
    }

    [Fact]
    public void A_deadline_beyond_the_reach_of_timers_is_still_met()
    {
        _queue.AddAfter("a", TimeSpan.FromDays(120));
        _queue.AddAfter("never", TimeSpan.MaxValue);

        for (var day = 0; day < 119; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(0, _queue.Count);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(["a"], _queue.RunAllNow());
        Assert.Equal(1, _queue.WaitingCount);
    }

    [Fact]
    public async Task A_caller_that_waits_gets_a_key_that_falls_due()
    {
        var take = _queue.TakeAsync(TestContext.Current.CancellationToken).AsTask();
        _queue.AddAfter("a", Milliseconds(5));
        _time.Advance(Milliseconds(5));

        Assert.Equal("a", (await take)!.Value.Key);
    }

    [Fact]
    public void There_is_one_timer_and_it_calls_once_for_each_deadline()
    {
        Assert.Equal(0, _time.Timers);
        for (var i = 1000; i > 0; i--)
        {
            _queue.AddAfter($"key-{i % 500}", Milliseconds(10 * (1 + (i % 500))));
        }

        for (var i = 0; i < 10_000; i++)
        {
            _time.Advance(Milliseconds(1));
        }

        Assert.Equal(500, _queue.Count);
        Assert.Equal(1, _time.Timers);
        Assert.Equal(500, _time.Calls);
    }

    [Fact]
    public void A_queue_in_which_no_key_waits_any_more_is_not_woken()
    {
        _queue.AddAfter("absorbed", TimeSpan.FromSeconds(1));
        _queue.Add("absorbed");
        _queue.AddAfter("cancelled", TimeSpan.FromSeconds(2));
        _queue.Cancel("cancelled");

        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, _time.Calls);
    }

    private static TimeSpan Milliseconds(int value) => TimeSpan.FromMilliseconds(value);

    private sealed class CountingTimeProvider : FakeTimeProvider
    {
        public int Timers { get; private set; }

        public int Calls { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return base.CreateTimer(
                s =>
                {
                    Calls++;
                    callback(s);
                },
                state,
                dueTime,
                period);
        }
    }
}
