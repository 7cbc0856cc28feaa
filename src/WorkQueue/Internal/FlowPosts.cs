using System.Collections.Concurrent;

namespace CrMonitor.WorkQueue;

/// <summary>Finds the flows of keys by the functions of a <see cref="FairOrder{TKey, TFlow}"/>.</summary>
internal sealed class FlowPosts<TKey, TFlow>(Func<TKey, TFlow> flowOf, Func<TFlow, int>? weightOf, IEqualityComparer<TFlow>? comparer) : Posts<TKey>
    where TKey : notnull
    where TFlow : notnull
{
    /// <summary>Those that have a number. Written under the queue's lock.</summary>
    public ConcurrentDictionary<TFlow, NamedFlowId<TFlow>> Known { get; } = new(comparer);

    public override FlowId FlowOf(TKey key)
    {
        var name = flowOf(key) ?? throw new InvalidOperationException($"The flow function of the queue's FairOrder returned null for '{key}'.");
        var weight = weightOf is null ? 1 : Math.Max(1, weightOf(name));
        return Known.TryGetValue(name, out var known) && known.Weight == weight ? known : new NamedFlowId<TFlow>(name, weight);
    }
}
