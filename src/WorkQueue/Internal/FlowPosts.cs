using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>The flows of keys that were posted: found by their producers, so that code of others seldom runs inside the queue's lock.</summary>
internal sealed class FlowPosts<TKey, TFlow>(Func<TKey, TFlow> flowOf, Func<TFlow, int>? weightOf) : Posts<TKey>
    where TKey : notnull
    where TFlow : notnull
{
    private readonly FlowSettings<TFlow>[] _posted = new FlowSettings<TFlow>[Inbox<TKey>.Capacity];

    public override bool TryPost(Inbox<TKey> inbox, in Message<TKey> message)
    {
        if (inbox.IsClosedToAdditions)
        {
            return false;
        }

        var settings = SettingsOf(message.Key);
        var position = inbox.TryReserveForAddition();
        if (position < 0)
        {
            return false;
        }

        _posted[Inbox<TKey>.PlaceOf(position)] = settings;
        inbox.Publish(position, message);
        return true;
    }

    /// <summary>What <see cref="TryPost"/> left beside a message whose place is about to be freed. Under the queue's lock.</summary>
    public FlowSettings<TFlow> Receive(int place)
    {
        ref var posted = ref _posted[place];
        var settings = posted;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TFlow>())
        {
            posted = default;
        }

        return settings;
    }

    public FlowSettings<TFlow> SettingsOf(TKey key)
    {
        var name = flowOf(key) ?? throw new InvalidOperationException($"The flow function of the queue's FairOrder returned null for '{key}'.");
        return new FlowSettings<TFlow>(name, weightOf is null ? 1 : Math.Max(1, weightOf(name)));
    }
}
