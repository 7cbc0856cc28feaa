namespace CrMonitor.WorkQueue;

/// <summary>
/// All that the queue knows of one key, but the key itself: so entries hold no references, the garbage collector never looks at a million of them,
/// and the code that links them is the same for keys of all types.
/// </summary>
internal struct Entry
{
    /// <summary>When the key began to need a run, as a timestamp; 0 where nobody needed to know.</summary>
    public long QueuedAt;

    /// <summary>When the key was handed out, as a timestamp; 0 in a queue that measures nothing.</summary>
    public long TakenAt;

    public uint Hash;

    /// <summary>Neighbours by <see cref="OrderLinks"/>: of the ready keys or of the held ones, whichever the key belongs to.</summary>
    public int Previous;

    /// <inheritdoc cref="Previous"/>
    /// <remarks>Of a free entry, the next free one.</remarks>
    public int Next;

    /// <summary>Neighbours by <see cref="LaneLinks"/>: the ready keys of one priority, or the waiting keys of one deadline.</summary>
    public int LanePrevious;

    /// <inheritdoc cref="LanePrevious"/>
    public int LaneNext;

    /// <summary>Which priority level or which deadline that list belongs to.</summary>
    public int Lane;

    /// <summary>The priority of the next run while the key is waiting or dirty; else that of the hand-out.</summary>
    public int Priority;

    /// <summary>
    /// Raised whenever a hand-out ends, so that a work item is recognised as the current one, also after its entry was used for another key.
    /// </summary>
    public uint Version;

    /// <summary>The flow of the key, in a fair queue.</summary>
    public int Flow;

    public EntryState State;

    public readonly bool IsDirty => (State & EntryState.Dirty) != 0;

    public readonly bool IsHeld => (State & EntryState.Held) != 0;

    public readonly bool IsWaiting => (State & EntryState.Waiting) != 0;
}
