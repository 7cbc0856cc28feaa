using System.Diagnostics;

namespace CrMonitor.WorkQueue;

/// <summary>The ready keys of one queue and the order among them. The queue's lock guards it.</summary>
internal abstract class ReadyKeys<TKey> where TKey : notnull
{
    public int Count { get; protected set; }

    /// <summary>Whether <see cref="Entry{TKey}.QueuedAt"/> and the time of <see cref="Take"/> matter to the order.</summary>
    public virtual bool NeedsClock => false;

    /// <summary>Whether keys have a flow, so that their entering and leaving of the queue must be told.</summary>
    public virtual bool HasFlows => false;

    /// <summary>How many flows have ready keys.</summary>
    public virtual int FlowCount => 0;

    /// <summary>Adds a key that became ready. Its entry has its priority.</summary>
    public abstract void Append(in EntryTable<TKey> table, int slot);

    /// <summary>Takes out a key that is ready.</summary>
    public abstract void Remove(in EntryTable<TKey> table, int slot);

    /// <summary>Takes out the key whose turn it is.</summary>
    /// <returns>Its entry; -1 if no key may be handed out now.</returns>
    public abstract int Take(in EntryTable<TKey> table, long now);

    /// <summary>Gives a ready key a higher priority.</summary>
    public virtual void Raise(in EntryTable<TKey> table, int slot, int priority) => table[slot].Priority = priority;

    /// <summary>Posts an addition, without the queue's lock.</summary>
    /// <returns>False if it must come by the lock.</returns>
    public virtual bool TryPost(Inbox<TKey> inbox, in Message<TKey> message)
    {
        var index = inbox.TryReserve();
        if (index < 0)
        {
            return false;
        }

        inbox.Publish(index, message);
        return true;
    }

    /// <summary>Looks at what <see cref="TryPost"/> left beside a message whose place is about to be freed.</summary>
    public virtual void Receive(int index)
    {
    }

    /// <summary>The flow of a key that is about to enter the queue: that of <see cref="Receive"/>, or found by calling code of others.</summary>
    public virtual int FlowOf(TKey key, bool isReceived) => 0;

    /// <summary>A key entered the queue, in whichever state.</summary>
    public virtual void Enter(int slot, int flow)
    {
    }

    /// <summary>A key left the queue.</summary>
    public virtual void Leave(int slot)
    {
    }

    /// <summary>A hand-out ended.</summary>
    public virtual void EndHandOut(int slot)
    {
    }

    /// <summary>When the key that has been ready longest began to need a run.</summary>
    public abstract long? OldestQueuedAt(in EntryTable<TKey> table);

    /// <summary>The entries in the order in which they would be handed out, if none were added and none aged.</summary>
    public abstract void CopyTo(in EntryTable<TKey> table, Span<int> slots);

    /// <summary>Adds up how many keys of each priority are ready; null if the order knows no priorities.</summary>
    public virtual IReadOnlyDictionary<int, int>? CountByPriority() => null;

    [Conditional("DEBUG")]
    public abstract void AssertInvariants(in EntryTable<TKey> table);

    protected static void AssertReady(in EntryList<OrderLinks> keys, in EntryTable<TKey> table)
    {
        var count = 0;
        for (var slot = keys.First; slot >= 0; slot = table[slot].Next, count++)
        {
            Debug.Assert(table[slot].State == EntryState.Dirty, "A ready key needs a run, is unheld and waits for nothing.");
        }

        Debug.Assert(count == keys.Count, "The ready keys are counted.");
    }
}
