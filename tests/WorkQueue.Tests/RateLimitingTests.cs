using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class RateLimitingTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_exponential_limiter_doubles_the_delay_of_each_key_by_itself()
    {
        var limiter = new ExponentialRateLimiter<string>(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1000));

        Assert.Equal([1, 2, 4, 8, 16], Enumerable.Range(0, 5).Select(_ => limiter.When("a").TotalMilliseconds));
        Assert.Equal(TimeSpan.FromMilliseconds(1), limiter.When("b"));
        Assert.Equal(5, limiter.Retries("a"));

        limiter.Forget("a");
        Assert.Equal(0, limiter.Retries("a"));
        Assert.Equal(TimeSpan.FromMilliseconds(1), limiter.When("a"));
    }

    [Fact]
    public void The_default_delays_are_those_of_client_go()
    {
        var limiter = new ExponentialRateLimiter<string>();
        var delays = Enumerable.Range(0, 20).Select(_ => limiter.When("a").TotalSeconds).ToArray();

        Assert.Equal([0.005, 0.01, 0.02], delays[..3]);
        Assert.Equal([655.36, 1000, 1000], delays[17..]);
    }

    [Theory]
    [InlineData(1, 10_000_000_000)]
    [InlineData(50_000, 10_000_000_000)]
    [InlineData(1, 8_640_000_000_000_000)]
    [InlineData(10_000_000, 10_000_000)]
    public void A_thousand_failures_stay_at_the_maximum_without_overflow(long baseTicks, long maxTicks)
    {
        var limiter = new ExponentialRateLimiter<string>(new TimeSpan(baseTicks), new TimeSpan(maxTicks));
        var previous = TimeSpan.Zero;
        for (var i = 0; i < 1000; i++)
        {
            var delay = limiter.When("a");
            Assert.InRange(delay, previous, new TimeSpan(maxTicks));
            previous = delay;
        }

        Assert.Equal(new TimeSpan(maxTicks), previous);
    }

    [Fact]
    public void Wrong_delays_are_refused_by_name()
    {
        Assert.Throws<ArgumentOutOfRangeException>("baseDelay", () => new ExponentialRateLimiter<string>(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>("maxDelay", () => new ExponentialRateLimiter<string>(maxDelay: TimeSpan.FromMilliseconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>("maxDelay", () => new ExponentialRateLimiter<string>(maxDelay: TimeSpan.MaxValue));
    }

    [Fact]
    public void A_rate_limited_key_comes_after_ever_longer_delays_until_it_is_forgotten()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions<string> { TimeProvider = _time });
        foreach (var milliseconds in (int[])[5, 10, 20, 40])
        {
            queue.AddRateLimited("a");
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
            Assert.Equal(0, queue.Count);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal("a", queue.RunNow());
        }

        Assert.Equal(4, queue.Retries("a"));
        queue.Forget("a");
        Assert.Equal(0, queue.Retries("a"));

        queue.AddRateLimited("a");
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal("a", queue.RunNow());
    }

    [Fact]
    public void Forgetting_a_key_leaves_it_in_the_queue()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions<string> { TimeProvider = _time });
        queue.AddRateLimited("a");
        queue.Forget("a");
        _time.Advance(TimeSpan.FromMilliseconds(5));

        Assert.Equal("a", queue.RunNow());
    }

    [Fact]
    public void The_limiter_of_the_options_is_asked()
    {
        var limiter = new FixedLimiter();
        using var queue = new WorkQueue<string>(new WorkQueueOptions<string> { TimeProvider = _time, RateLimiter = limiter });
        queue.AddRateLimited("a");
        Assert.Equal(7, queue.Retries("a"));
        queue.Forget("a");
        Assert.Equal(["When a", "Forget a"], limiter.Calls);

        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("a", queue.RunNow());
    }

    [Fact]
    public void A_million_forgotten_keys_leave_nothing_behind()
    {
        var limiter = new ExponentialRateLimiter<int>();
        for (var key = 0; key < 1_000_000; key++)
        {
            limiter.When(key);
            limiter.Forget(key);
        }

        Assert.Equal(0, limiter.Count);
    }

    [Fact]
    public void Keys_that_nobody_forgets_expire_when_they_are_idle_and_keys_in_use_do_not()
    {
        var limiter = new ExponentialRateLimiter<int>(maxDelay: TimeSpan.FromSeconds(10), timeProvider: _time);
        for (var key = 0; key < 1000; key++)
        {
            limiter.When(key);
        }

        for (var seconds = 0; seconds < 50; seconds += 10)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            limiter.When(7);
        }

        Assert.Equal(1, limiter.Count);
        Assert.Equal(6, limiter.Retries(7));

        _time.Advance(TimeSpan.FromSeconds(40));
        limiter.When(8);
        Assert.Equal(0, limiter.Retries(7));
    }

    [Fact]
    public void A_key_is_forgotten_in_either_generation()
    {
        var limiter = new ExponentialRateLimiter<string>(maxDelay: TimeSpan.FromSeconds(10), timeProvider: _time);
        limiter.When("a");
        _time.Advance(TimeSpan.FromSeconds(20));
        limiter.When("b");
        Assert.Equal(1, limiter.Retries("a"));

        limiter.Forget("a");

        Assert.Equal(0, limiter.Retries("a"));
    }

    private sealed class FixedLimiter : IRateLimiter<string>
    {
        public List<string> Calls { get; } = [];

        public TimeSpan When(string key)
        {
            Calls.Add($"When {key}");
            return TimeSpan.FromSeconds(3);
        }

        public void Forget(string key) => Calls.Add($"Forget {key}");

        public int Retries(string key) => 7;
    }
}
