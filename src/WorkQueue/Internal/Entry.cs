namespace CrMonitor.WorkQueue;

/// <summary>All that the queue knows of one key; 64 bytes for a key that is a reference, so that a key costs one cache line.</summary>
internal struct Entry<TKey>
{
    public TKey Key;

    /// <summary>When the key began to need a run, as a timestamp; 0 in a queue that measures nothing.</summary>
    public long QueuedAt;

    /// <summary>When the key was handed out, as a timestamp; 0 in a queue that measures nothing.</summary>
    public long TakenAt;

    public uint Hash;

    /// <summary>The next entry of the same bucket, or the next free entry; -1 ends the chain.</summary>
    public int NextInChain;

    /// <summary>Neighbours in the ready or in the processing list, whichever holds the entry.</summary>
    public int Previous;

    /// <inheritdoc cref="Previous"/>
    public int Next;

    /// <summary>The place in the delay heap; -1 when the key waits for no deadline.</summary>
    public int HeapIndex;

    /// <summary>
    /// Raised whenever a hand-out ends, so that a work item is recognised as the current one, also after its entry was used for another key.
    /// </summary>
    public uint Version;

    public EntryState State;

    public readonly bool IsDirty => (State & EntryState.Dirty) != 0;

    public readonly bool IsHeld => (State & EntryState.Held) != 0;
}
