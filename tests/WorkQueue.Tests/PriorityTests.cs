using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class PriorityTests : IDisposable
{
    private static readonly TimeSpan AgeingTime = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly WorkQueue<string> _queue;

    public PriorityTests() => _queue = Queue(new PriorityOrder<string>());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Keys_of_a_higher_priority_come_first_and_of_equal_priority_in_the_order_of_readiness()
    {
        _queue.Add("a", 0);
        _queue.Add("b", 10);
        _queue.Add("c", -100);
        _queue.Add("d", 10);

        Assert.Equal(["b", "d", "a", "c"], _queue.Snapshot().Ready);
        Assert.Equal(["b", "d", "a", "c"], _queue.RunAllNow());
    }

    [Fact]
    public void Priorities_can_be_any_number()
    {
        var priorities = Enumerable.Range(0, 2000).Select(i => (i * 7919) % 2003).Append(int.MinValue).Append(int.MaxValue).ToArray();
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int> { Order = new PriorityOrder<int>() });
        foreach (var priority in priorities)
        {
            queue.Add(priority, priority);
        }

        Assert.Equal(priorities.OrderDescending(), queue.RunAllNow());
    }

    [Theory]
    [InlineData(5, "b,a,c")]
    [InlineData(-5, "b,a,c")]
    [InlineData(6, "a,b,c")]
    public void A_ready_key_added_with_another_priority_keeps_the_higher(int second, string expected)
    {
        _queue.Add("a", second == -5 ? 3 : 0);
        _queue.Add("b", 5);
        _queue.Add("c", -1);

        _queue.Add("a", second);

        Assert.Equal(expected.Split(','), _queue.RunAllNow());
    }

    [Fact]
    public void A_key_raised_to_a_level_comes_behind_those_that_are_there_and_before_those_that_come()
    {
        _queue.Add("a", 0);
        _queue.Add("b", 5);
        _queue.Add("a", 5);
        _queue.Add("c", 5);

        Assert.Equal(["b", "a", "c"], _queue.RunAllNow());
    }

    [Fact]
    public void An_addition_absorbs_a_waiting_key_with_the_higher_of_the_priorities()
    {
        _queue.AddAfter("a", TimeSpan.FromHours(1), 7);
        _queue.Add("b", 5);

        _queue.Add("a");

        Assert.Equal(["a", "b"], _queue.RunAllNow());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, _queue.Count);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(120, 60)]
    public void A_waiting_key_added_with_another_delay_keeps_the_earlier_and_the_higher_priority(int minutes, int expected)
    {
        _queue.AddAfter("a", TimeSpan.FromMinutes(60), 1);
        _queue.AddAfter("a", TimeSpan.FromMinutes(minutes), 9);

        _time.Advance(TimeSpan.FromMinutes(expected) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _queue.Count);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        using var item = _queue.TakeNow();
        Assert.Equal(("a", 9), (item.Key, item.Priority));
    }

    [Fact]
    public void A_delayed_addition_can_raise_the_priority_of_a_ready_key()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.AddAfter("b", TimeSpan.FromHours(1), 1);

        Assert.Equal(["b", "a"], _queue.RunAllNow());
    }

    [Fact]
    public void Of_a_delay_and_a_rate_limit_the_smaller_applies()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(1), 3);
        _queue.AddRateLimited("a", 2);

        _time.Advance(TimeSpan.FromMilliseconds(5));
        using var item = _queue.TakeNow();
        Assert.Equal(("a", 3), (item.Key, item.Priority));
    }

    [Fact]
    public async Task While_a_key_is_held_others_are_handed_out_and_after_done_it_comes_at_once()
    {
        _queue.Add("a", 10);
        var held = _queue.TakeNow();
        _queue.Add("a", 20);
        _queue.Add("b");
        Assert.Equal("b", _queue.RunNow());
        var next = _queue.TakeAsync(Cancellation);
        Assert.False(next.IsCompleted, "a key must not have two workers");

        held.Dispose();

        using var again = (await next)!.Value;
        Assert.Equal(("a", 20), (again.Key, again.Priority));
    }

    [Fact]
    public void A_new_run_does_not_inherit_the_priority_of_the_one_before()
    {
        _queue.Add("a", 10);
        using (_queue.TakeNow())
        {
            _queue.Add("a", -3);
        }

        using var again = _queue.TakeNow();
        Assert.Equal(-3, again.Priority);
    }

    [Fact]
    public void The_priority_of_a_held_key_that_will_run_again_can_be_raised()
    {
        _queue.Add("a");
        using (_queue.TakeNow())
        {
            _queue.Add("a", 1);
            _queue.Add("a", 4);
            _queue.Add("a", 2);
        }

        using var again = _queue.TakeNow();
        Assert.Equal(4, again.Priority);
    }

    [Fact]
    public void Keys_of_equal_priority_that_fall_due_come_in_the_order_of_readiness()
    {
        _queue.AddAfter("late", TimeSpan.FromSeconds(10), 1);
        _queue.AddAfter("soon", TimeSpan.FromSeconds(5), 1);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["soon", "late"], _queue.RunAllNow());
    }

    [Fact]
    public void A_waiting_key_that_is_added_now_does_not_overtake_those_that_became_ready_before()
    {
        _queue.AddAfter("a", TimeSpan.FromHours(1));
        _queue.Add("b");
        _queue.Add("a");

        Assert.Equal(["b", "a"], _queue.RunAllNow());
    }

    [Fact]
    public void Cancelled_keys_of_any_level_do_not_come()
    {
        for (var i = 0; i < 100; i++)
        {
            _queue.Add($"{i}", i % 10);
        }

        for (var i = 0; i < 100; i += 3)
        {
            Assert.True(_queue.Cancel($"{i}"));
        }

        var left = Enumerable.Range(0, 100).Where(i => i % 3 != 0).OrderByDescending(i => i % 10).ThenBy(i => i).Select(i => $"{i}");
        Assert.Equal(left, _queue.RunAllNow());
    }

    [Fact]
    public void Under_a_flood_of_a_higher_priority_a_key_comes_within_four_hand_outs_of_its_ageing_time()
    {
        _queue.Add("low", -100);
        for (var flood = 0; flood < 300; flood++)
        {
            _queue.Add($"{flood}");
            Assert.NotEqual("low", _queue.RunNow());
            _time.Advance(AgeingTime / 301);
        }

        _time.Advance(AgeingTime);
        var runs = new List<string>();
        for (var flood = 0; flood < 4; flood++)
        {
            _queue.Add($"late-{flood}");
            runs.Add(_queue.RunNow());
        }

        Assert.Contains("low", runs);
    }

    [Fact]
    public void Keys_that_were_there_before_the_first_priority_age_from_then_on()
    {
        _queue.Add("old");
        _time.Advance(AgeingTime);
        Flood(times: 20);

        _time.Advance(AgeingTime - TimeSpan.FromTicks(1));
        Flood(times: 20);

        _time.Advance(TimeSpan.FromTicks(1));
        var runs = Enumerable.Range(0, 4).Select(i =>
        {
            _queue.Add($"last-{i}", 1);
            return _queue.RunNow();
        });
        Assert.Contains("old", runs);

        void Flood(int times)
        {
            for (var i = 0; i < times; i++)
            {
                _queue.Add($"urgent-{i}", 1);
                Assert.NotEqual("old", _queue.RunNow());
            }
        }
    }

    [Fact]
    public void Keys_with_the_default_priority_age_once_there_has_been_another_one()
    {
        _queue.Add("first", 5);
        _queue.RunNow();
        _queue.Add("low");
        _time.Advance(AgeingTime);

        var runs = Enumerable.Range(0, 4).Select(i =>
        {
            _queue.Add($"urgent-{i}", 1);
            return _queue.RunNow();
        });

        Assert.Contains("low", runs);
    }

    [Fact]
    public void Aged_keys_take_a_quarter_of_the_hand_outs_at_most()
    {
        for (var i = 0; i < 100; i++)
        {
            _queue.Add($"old-{i}", -1);
        }

        _time.Advance(AgeingTime);
        for (var i = 0; i < 100; i++)
        {
            _queue.Add($"new-{i}", 1);
        }

        Assert.Equal(75, Enumerable.Range(0, 100).Count(_ => _queue.RunNow().StartsWith("new", StringComparison.Ordinal)));
    }

    [Fact]
    public void Without_ageing_the_priority_alone_counts()
    {
        using var queue = Queue(new PriorityOrder<string> { AgeingTime = Timeout.InfiniteTimeSpan });
        queue.Add("low", -1);
        _time.Advance(TimeSpan.FromDays(1));
        for (var i = 0; i < 100; i++)
        {
            queue.Add($"{i}");
            Assert.Equal($"{i}", queue.RunNow());
        }

        Assert.Equal("low", queue.RunNow());
    }

    [Fact]
    public void A_negative_ageing_time_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PriorityOrder<string> { AgeingTime = TimeSpan.FromSeconds(-5) });

    [Fact]
    public void Without_an_order_priorities_are_reported_and_change_nothing()
    {
        using var queue = new WorkQueue<string>();
        queue.Add("a", 1);
        queue.Add("b", 2);

        using var first = queue.TakeNow();
        Assert.Equal(("a", 1), (first.Key, first.Priority));
    }

    [Fact]
    public async Task Shutting_down_twice_ends_the_waits_and_throws_nothing()
    {
        var take = _queue.TakeAsync(Cancellation);
        _queue.ShutDown();
        _queue.ShutDown();

        Assert.Null(await take);
    }

    [Fact]
    public void Steady_work_allocates_nothing()
    {
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int> { Order = new PriorityOrder<int>() });

        Assert.Equal(0, Allocations.OfSteady(Cycle));

        void Cycle()
        {
            for (var i = 0; i < 500; i++)
            {
                queue.Add(i, i % 5);
            }

            for (var i = 0; i < 500; i++)
            {
                queue.TakeNow().Dispose();
            }
        }
    }

    private WorkQueue<string> Queue(WorkQueueOrder<string> order) => new(new WorkQueueOptions<string> { TimeProvider = _time, Order = order });
}
