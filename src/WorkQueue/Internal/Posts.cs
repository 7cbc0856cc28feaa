using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// The flows of keys that were posted: found by their producers, so that code of others seldom runs inside the queue's lock. Apart from the
/// <see cref="ReadyKeys{TKey}"/>, whose memory is written for each hand-out.
/// </summary>
internal abstract class Posts<TKey> where TKey : notnull
{
    private readonly Holder[] _posted = new Holder[Inbox<TKey>.Capacity];

    /// <summary>
    /// What <see cref="TryPost"/> left beside a message. It stays there until the next round, which keeps that many flows in memory at most.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FlowId? At(int place) => _posted[place].Flow;

    /// <summary>Posts an addition, without the queue's lock.</summary>
    /// <returns>False if it must come by the lock.</returns>
    public bool TryPost(Inbox<TKey> inbox, in Message<TKey> message)
    {
        if (inbox.IsClosedToAdditions)
        {
            return false;
        }

        var flow = FlowOf(message.Key);
        var position = inbox.TryReserveForAddition();
        if (position < 0)
        {
            return false;
        }

        _posted[Inbox<TKey>.PlaceOf(position)].Flow = flow;
        inbox.Publish(position, message);
        return true;
    }

    /// <summary>The flow of a key, found by calling code of others. May be called without the lock.</summary>
    public abstract FlowId FlowOf(TKey key);

    // A structure, so that storing a flow does not look for its type, as storing into an array of references does.
    private struct Holder
    {
        public FlowId? Flow;
    }
}
