using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrMonitor.Informers;

/// <summary>How a <see cref="RestClient"/> waits and retries.</summary>
public sealed class RestClientOptions
{
    /// <summary>The clock of timeouts and delays.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where retries are logged (category <c>CrMonitor.Informers.RestClient</c>).</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The source of jitter. It must be safe for use by several threads if the client is used so.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>How long a call may take: all of its attempts, the waiting between them, and the reading of the body.</summary>
    /// <value>30 seconds by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public TimeSpan Timeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Is told of every attempt when it is over, also of those that failed or were cancelled: for metrics. Quick, for any thread, and without
    /// exceptions.
    /// </summary>
    public Action<RestAttempt>? OnAttempt { get; init; }

    /// <summary>How often a call is repeated after its first attempt.</summary>
    /// <value>4 by default; 0 switches retries off.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxRetries
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 4;
}
