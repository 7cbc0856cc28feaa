namespace CrMonitor.WorkQueue;

/// <summary>Lets all keys together pass at a steady rate, and a burst of them at once after a rest.</summary>
/// <remarks>
/// <para>All members may be called from any thread.</para>
/// <para>
/// Each call reserves a token, and the delay is the time until that token is there; so n keys at once are spread over n divided by the rate.
/// The limiters of System.Threading.RateLimiting answer another question: they let their callers wait, and do not say for how long.
/// </para>
/// </remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class TokenBucketRateLimiter<TKey> : IRateLimiter<TKey> where TKey : notnull
{
    /// <summary>The rate unless told otherwise: 10 a second.</summary>
    public const double DefaultTokensPerSecond = 10;

    /// <summary>The burst unless told otherwise: 100.</summary>
    public const int DefaultBurst = 100;

    private readonly TimeProvider _timeProvider;
    private readonly double _secondsPerToken;
    private readonly double _secondsPerBucket;
    private readonly long _start;
    private readonly Lock _gate = new();
    private double _takenUntil; // guarded by _gate: when the last token that was taken came, or comes, into the bucket, in seconds since _start

    /// <summary>Creates a limiter with a full bucket.</summary>
    /// <param name="tokensPerSecond">How many keys pass in a second.</param>
    /// <param name="burst">How many keys can pass at once: the size of the bucket.</param>
    /// <param name="timeProvider">The clock; the system's if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is below a millionth or above a thousand million; or the burst is negative.</exception>
    public TokenBucketRateLimiter(double tokensPerSecond = DefaultTokensPerSecond, int burst = DefaultBurst, TimeProvider? timeProvider = null)
    {
        if (!(tokensPerSecond is >= 1e-6 and <= 1e9))
        {
            throw new ArgumentOutOfRangeException(nameof(tokensPerSecond), tokensPerSecond, "The rate is from 0.000001 to 1,000,000,000 a second.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(burst);
        _timeProvider = timeProvider ?? TimeProvider.System;
        _secondsPerToken = 1 / tokensPerSecond;
        _secondsPerBucket = burst * _secondsPerToken;
        _start = _timeProvider.GetTimestamp();
        _takenUntil = -_secondsPerBucket;
    }

    /// <inheritdoc/>
    public TimeSpan When(TKey key)
    {
        lock (_gate)
        {
            var now = _timeProvider.GetElapsedTime(_start).TotalSeconds;
            _takenUntil = Math.Max(_takenUntil, now - _secondsPerBucket) + _secondsPerToken;

            // To the microsecond, so that sums of fractions do not delay a key whose token is there.
            var delay = Math.Round(_takenUntil - now, 6);
            return delay <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(delay, TimeSpan.MaxValue.TotalSeconds / 2));
        }
    }

    /// <summary>Does nothing: a token that was taken is taken.</summary>
    /// <param name="key">Not used.</param>
    public void Forget(TKey key)
    {
    }

    /// <summary>Always 0: keys are not counted.</summary>
    /// <param name="key">Not used.</param>
    public int Retries(TKey key) => 0;
}
