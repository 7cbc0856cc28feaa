namespace CrMonitor.WorkQueue;

/// <summary>Keys of a higher priority first; of equal priority, in the order in which they became ready.</summary>
/// <remarks>
/// <para>
/// Ageing: nothing starves. When the key that has been ready longest has needed a run for <see cref="AgeingTime"/>, every fourth hand-out is that
/// key, whatever its priority. So a key which became ready behind <c>n</c> others is handed out, at the latest, with the <c>4 (n + 1)</c>th hand-out
/// after its ageing time; and a flood of old keys of low priority takes at most a quarter of the hand-outs from the others.
/// Before the first addition with a priority other than 0 no key can be passed over, and additions do not read the clock: what is ready then has
/// needed a run since that addition, as far as ageing goes.
/// </para>
/// <para>Adding a key to the queue and taking one costs O(log p) for p different priorities among the ready keys.</para>
/// </remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public sealed class PriorityOrder<TKey> : WorkQueueOrder<TKey> where TKey : notnull
{
    /// <summary>
    /// How long a key can be passed over by keys of a higher priority before every fourth hand-out goes to the longest waiting key.
    /// </summary>
    /// <value>30 seconds by default; <see cref="Timeout.InfiniteTimeSpan"/> for strict priorities, under which keys can starve.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan AgeingTime { get; init => field = Ageing.Checked(value); } = Ageing.DefaultTime;

    internal override ReadyKeys<TKey> CreateReadyKeys(TimeProvider timeProvider) =>
        new PriorityReadyKeys<TKey>(Ageing.Ticks(AgeingTime, timeProvider));
}
