using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// The flows of keys that were posted: found by their producers, so that no code of others runs inside the queue's lock but comparers. Apart from
/// the <see cref="ReadyKeys{TKey}"/>, whose memory is written for each hand-out.
/// </summary>
internal abstract class Posts<TKey> where TKey : notnull
{
    private readonly Holder[] _posted = new Holder[Inbox<TKey>.Capacity];

    /// <summary>Leaves the flow of a key beside its message, which is to be published next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(long position, FlowId flow) => _posted[Inbox<TKey>.PlaceOf(position)].Flow = flow;

    /// <summary>
    /// What <see cref="Put"/> left beside a message. It stays there until the next round, which keeps that many flows in memory at most.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FlowId? At(int place) => _posted[place].Flow;

    /// <summary>The flow of a key, found by calling code of others, without the queue's lock.</summary>
    public abstract FlowId FlowOf(TKey key);

    // A structure, so that storing a flow does not look for its type, as storing into an array of references does.
    private struct Holder
    {
        public FlowId? Flow;
    }
}
