using System.Diagnostics.Metrics;

namespace CrMonitor.WorkQueue;

/// <summary>The settings of a <see cref="WorkQueue{TKey}"/>.</summary>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class WorkQueueOptions<TKey> where TKey : notnull
{
    /// <summary>The value of the tag <c>name</c> of all measurements. Give each measured queue a name of its own.</summary>
    /// <value>Null by default: nothing is measured, not even the time that a key spends in the queue.</value>
    public string? Name { get; init; }

    /// <summary>The clock of delays and measurements.</summary>
    /// <value>The system's clock by default.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Which keys are the same. Its methods must be quick, must not throw and must not use the queue: they run inside its lock.</summary>
    /// <value>Null by default: the default comparer of the type.</value>
    public IEqualityComparer<TKey>? Comparer { get; init; }

    /// <summary>The order in which ready keys are handed out.</summary>
    /// <value>Null by default: first in, first out; priorities are ignored.</value>
    public WorkQueueOrder<TKey>? Order { get; init; }

    /// <summary>What <see cref="WorkQueue{TKey}.AddRateLimited(TKey)"/> asks for the delay.</summary>
    /// <value>Null by default: an <see cref="ExponentialRateLimiter{TKey}"/> from 5 ms to 1000 s.</value>
    public IRateLimiter<TKey>? RateLimiter { get; init; }

    /// <summary>Makes the meter <see cref="WorkQueueMetrics.MeterName"/> of a queue that has a name.</summary>
    /// <value>Null by default: one meter for the whole process.</value>
    public IMeterFactory? MeterFactory { get; init; }
}
