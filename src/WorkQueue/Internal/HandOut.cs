namespace CrMonitor.WorkQueue;

/// <summary>A work item but for its key and its queue, as the queue's lock is left with it.</summary>
/// <param name="Slot">The entry; negative if none was handed out: what <see cref="ReadyKeys{TKey}.Take"/> said.</param>
/// <param name="Version">That of the entry.</param>
/// <param name="Priority">With which the key is handed out.</param>
/// <param name="TimeInQueue">How long the key was ready, as a difference of timestamps; negative if that is not measured.</param>
internal readonly record struct HandOut(int Slot, uint Version = 0, int Priority = 0, long TimeInQueue = 0)
{
    /// <summary>No key may be handed out now.</summary>
    public const int None = -1;

    /// <summary>Which key is to be handed out depends on the time, and that was not told.</summary>
    public const int NeedsTime = -2;
}
