namespace CrMonitor.WorkQueue;

/// <summary>
/// Keys belong to flows (a namespace, a tenant), and each flow with ready keys gets its share of the hand-outs, however many keys the others have:
/// deficit round robin, where each hand-out costs one. Inside a flow, keys of a higher priority come first.
/// </summary>
/// <remarks>
/// <para>
/// Flows take turns; a turn is a quantum of <see cref="Weight"/> hand-outs. A flow that was idle for a round does not queue up behind all others: it
/// gets a turn as soon as the turn that is under way has ended, or one later if that is a newcomer's as well. So it waits for one quantum at most
/// however deep the backlogs of other flows are; flows that come at the same time take turns in the order of their coming.
/// </para>
/// <para>Inside a flow, keys age as in <see cref="PriorityOrder{TKey}"/>: nothing starves.</para>
/// <para>Flows without any key in the queue are forgotten, all but the last 1,024 or so, which are quicker when they come again.</para>
/// </remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
/// <typeparam name="TFlow">What identifies a flow.</typeparam>
/// <param name="flow">
/// The flow of a key: always the same for the same key. Called for each addition, by several threads at once. If it throws, the addition does, and
/// the key is not added.
/// </param>
/// <exception cref="ArgumentNullException"><paramref name="flow"/> is null.</exception>
public sealed class FairOrder<TKey, TFlow>(Func<TKey, TFlow> flow) : WorkQueueOrder<TKey> where TKey : notnull where TFlow : notnull
{
    private readonly Func<TKey, TFlow> _flow = flow ?? throw new ArgumentNullException(nameof(flow));

    /// <summary>
    /// How many hand-outs a flow gets in one turn. Called as the flow function is; what it says when the flow gets a key and had none counts.
    /// </summary>
    /// <value>Null by default: one for each flow. A weight below one counts as one.</value>
    public Func<TFlow, int>? Weight { get; init; }

    /// <summary>
    /// How many keys of one flow may be with workers at once. Further ones stay ready until a worker is done with a key of that flow.
    /// </summary>
    /// <value>Null by default: no limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below one.</exception>
    public int? MaxInWork
    {
        get;
        init
        {
            if (value is { } limit)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
            }

            field = value;
        }
    }

    /// <summary>
    /// Which flows are the same. Its methods are called by several threads at once, also inside the queue's lock, and must not throw.
    /// </summary>
    /// <value>Null by default: the default comparer of the type.</value>
    public IEqualityComparer<TFlow>? FlowComparer { get; init; }

    /// <inheritdoc cref="PriorityOrder{TKey}.AgeingTime"/>
    public TimeSpan AgeingTime { get; init => field = Ageing.Checked(value); } = Ageing.DefaultTime;

    internal override ReadyKeys<TKey> CreateReadyKeys(TimeProvider timeProvider) =>
        new FairReadyKeys<TKey, TFlow>(
            new FlowPosts<TKey, TFlow>(_flow, Weight, FlowComparer), MaxInWork ?? int.MaxValue, Ageing.Ticks(AgeingTime, timeProvider));
}
