using System.Diagnostics;

namespace CrMonitor.WorkQueue;

/// <summary>The ready keys of one queue and the order among them. The queue's lock guards it.</summary>
/// <remarks>
/// Where appending and taking are long, they are not inlined: callers into which all of it went were so large that the JIT compiler then inlined
/// nothing more in them, not even the properties of a work item, which cost more than these calls do.
/// </remarks>
internal abstract class ReadyKeys<TKey> where TKey : notnull
{
    public int Count { get; protected set; }

    /// <summary>Whether, once there are several priorities, <see cref="Entry.QueuedAt"/> and the time of <see cref="Take"/> matter.</summary>
    public virtual bool Ages => false;

    /// <summary>Whether the next <see cref="Take"/> is likely to need the time. Read without the lock, so it may be wrong.</summary>
    public virtual bool MayNeedTime => false;

    /// <summary>Whether ready keys can be kept from being handed out.</summary>
    public virtual bool HasLimits => false;

    /// <summary>Where producers leave the flows of keys; null if keys have none, so that nobody needs to tell of their entering and leaving.</summary>
    public virtual Posts<TKey>? Posts => null;

    /// <summary>How many flows have ready keys.</summary>
    public virtual int FlowCount => 0;

    /// <summary>The first priority but 0 is about to come. Keys that came before, whose time nobody took, age from now on.</summary>
    public virtual void BeginAgeing(long now)
    {
    }

    /// <summary>Adds a key that became ready. Its entry has its priority.</summary>
    public abstract void Append(Entries entries, int slot);

    /// <summary>Takes out a key that is ready.</summary>
    public abstract void Remove(Entries entries, int slot);

    /// <summary>Takes out the key whose turn it is.</summary>
    /// <param name="entries">The entries of all keys.</param>
    /// <param name="now">A timestamp; null where the caller has not read the clock.</param>
    /// <returns>Its entry; <see cref="HandOut.None"/> or <see cref="HandOut.NeedsTime"/> if there is none.</returns>
    public abstract int Take(Entries entries, long? now);

    /// <summary>Gives a ready key a higher priority.</summary>
    public virtual void Raise(Entries entries, int slot, int priority) => entries[slot].Priority = priority;

    /// <summary>Gives a flow its number.</summary>
    public virtual void Register(FlowId flow)
    {
    }

    /// <summary>A key of a flow that has a number entered the queue, in whichever state.</summary>
    public virtual void Enter(Entries entries, int slot, FlowId flow)
    {
    }

    /// <summary>A key left the queue.</summary>
    public virtual void Leave(Entries entries, int slot)
    {
    }

    /// <summary>A hand-out ended. Called if there are limits.</summary>
    public virtual void EndHandOut(Entries entries, int slot)
    {
    }

    /// <summary>When the key that has been ready longest began to need a run.</summary>
    public abstract long? OldestQueuedAt(Entries entries);

    /// <summary>The entries in the order in which they would be handed out, if none were added and none aged.</summary>
    public abstract void CopyTo(Entries entries, Span<int> slots);

    /// <summary>Adds up how many keys of each priority are ready; null if the order knows no priorities.</summary>
    public virtual IReadOnlyDictionary<int, int>? CountByPriority() => null;

    [Conditional("DEBUG")]
    public abstract void AssertInvariants(Entries entries);

    protected static void AssertReady(in EntryList<OrderLinks> keys, Entries entries)
    {
        var count = 0;
        for (var slot = keys.First; slot >= 0; slot = entries[slot].Next, count++)
        {
            Debug.Assert(entries[slot].State == EntryState.Dirty, "A ready key needs a run, is unheld and waits for nothing.");
        }

        Debug.Assert(count == keys.Count, "The ready keys are counted.");
    }
}
