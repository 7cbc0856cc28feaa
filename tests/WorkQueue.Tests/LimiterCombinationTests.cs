using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class LimiterCombinationTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_fast_slow_limiter_is_slow_after_the_fast_retries_until_the_key_is_forgotten()
    {
        var limiter = new FastSlowRateLimiter<string>(Milliseconds(5), TimeSpan.FromSeconds(10), 3);

        Assert.Equal([5, 5, 5, 10_000, 10_000], Delays(limiter, 5));
        Assert.Equal(5, limiter.Retries("a"));

        limiter.Forget("a");
        Assert.Equal([5], Delays(limiter, 1));
    }

    [Fact]
    public void The_fast_slow_limiter_forgets_keys_that_are_idle()
    {
        var limiter = new FastSlowRateLimiter<int>(Milliseconds(5), TimeSpan.FromMinutes(1), 3, timeProvider: _time);
        for (var key = 0; key < 1000; key++)
        {
            limiter.When(key);
        }

        _time.Advance(TimeSpan.FromMinutes(4));
        limiter.When(7);

        Assert.Equal(1, limiter.Count);
    }

    [Fact]
    public void The_longest_delay_of_several_limiters_counts_and_each_counts_the_retry()
    {
        var fastSlow = new FastSlowRateLimiter<string>(Milliseconds(5), TimeSpan.FromSeconds(3), 3);
        var exponential = new ExponentialRateLimiter<string>(Milliseconds(1), TimeSpan.FromSeconds(1));
        var limiter = new MaxOfRateLimiter<string>(fastSlow, exponential);

        Assert.Equal([5, 5, 5, 3000, 3000], Delays(limiter, 5));
        exponential.When("a");
        Assert.Equal(6, limiter.Retries("a"));

        limiter.Forget("a");
        Assert.Equal((0, 0), (fastSlow.Retries("a"), exponential.Retries("a")));
    }

    [Fact]
    public void A_longest_delay_cuts_off_those_of_the_limiter_behind_it()
    {
        var exponential = new ExponentialRateLimiter<string>(Milliseconds(500), TimeSpan.FromSeconds(1000));
        var limiter = new MaxWaitRateLimiter<string>(exponential, TimeSpan.FromSeconds(2));

        Assert.Equal([500, 1000, 2000, 2000, 2000], Delays(limiter, 5));
        Assert.Equal(5, limiter.Retries("a"));

        limiter.Forget("a");
        Assert.Equal(0, exponential.Retries("a"));
    }

    [Fact]
    public void The_token_bucket_lets_a_burst_pass_and_then_one_key_each_tenth_of_a_second()
    {
        var limiter = new TokenBucketRateLimiter<string>(10, 100, _time);

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(TimeSpan.Zero, limiter.When("a")));
        Assert.Equal([100, 200, 300], Delays(limiter, 3));

        // What was reserved is paid back first, then the bucket fills up to the burst and no further.
        _time.Advance(Milliseconds(300));
        Assert.Equal([100], Delays(limiter, 1));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(TimeSpan.Zero, limiter.When("b")));
        Assert.Equal([100], Delays(limiter, 1));
        Assert.Equal(0, limiter.Retries("a"));
    }

    [Fact]
    public void Jitter_shortens_a_delay_by_its_share_at_most_and_is_repeatable()
    {
        var delays = Draw();
        Assert.Equal(delays, Draw());
        Assert.All(delays, delay => Assert.InRange(delay, 750.0, 1000.0));
        Assert.True(delays.Distinct().Count() > 50, "each delay is drawn anew");

        double[] Draw()
        {
            var limiter = new ExponentialRateLimiter<int>(TimeSpan.FromSeconds(1), jitter: 0.25, random: new Random(7));
            return [.. Enumerable.Range(0, 100).Select(key => limiter.When(key).TotalMilliseconds)];
        }
    }

    [Fact]
    public void The_presets_have_the_delays_of_the_Go_libraries()
    {
        Assert.Equal([5, 10, 20], Delays(RateLimiterPresets.ControllerRuntime<string>(timeProvider: _time), 3));
        Assert.Equal([1, 2, 4], Delays(RateLimiterPresets.ClientGoItemBased<string>(timeProvider: _time), 3));
        var controller = RateLimiterPresets.ClientGoController<string>(timeProvider: _time);
        Assert.Equal([5, 10, 20], Delays(controller, 3));
        for (var key = 3; key < 100; key++)
        {
            Assert.Equal(Milliseconds(5), controller.When($"{key}"));
        }

        Assert.Equal(Milliseconds(100), controller.When("one too many"));
    }

    [Fact]
    public void Wrong_settings_are_refused_by_name()
    {
        Assert.Throws<ArgumentOutOfRangeException>("jitter", () => new ExponentialRateLimiter<string>(jitter: 1.1));
        Assert.Throws<ArgumentOutOfRangeException>("jitter", () => new ExponentialRateLimiter<string>(jitter: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>("tokensPerSecond", () => new TokenBucketRateLimiter<string>(0));
        Assert.Throws<ArgumentOutOfRangeException>("burst", () => new TokenBucketRateLimiter<string>(1, -1));
        Assert.Throws<ArgumentOutOfRangeException>("fast", () => new FastSlowRateLimiter<string>(Milliseconds(-1), Milliseconds(1), 1));
        Assert.Throws<ArgumentOutOfRangeException>("slow", () => new FastSlowRateLimiter<string>(Milliseconds(1), TimeSpan.MaxValue, 1));
        Assert.Throws<ArgumentOutOfRangeException>("fastRetries", () => new FastSlowRateLimiter<string>(Milliseconds(1), Milliseconds(1), -1));
        Assert.Throws<ArgumentException>("limiters", () => new MaxOfRateLimiter<string>());
        Assert.Throws<ArgumentNullException>("inner", () => new MaxWaitRateLimiter<string>(null!, Milliseconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(
            "maxWait", () => new MaxWaitRateLimiter<string>(new ExponentialRateLimiter<string>(), Milliseconds(-1)));
    }

    private static TimeSpan Milliseconds(int value) => TimeSpan.FromMilliseconds(value);

    private static double[] Delays(IRateLimiter<string> limiter, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => limiter.When("a").TotalMilliseconds)];
}
