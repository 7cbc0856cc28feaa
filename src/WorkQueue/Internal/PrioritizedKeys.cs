namespace CrMonitor.WorkQueue;

/// <summary>
/// Ready keys with priorities: all there are, or those of one flow. While all have the same priority, the list is all there is to them; as soon as
/// there is another priority, each key is in a list of its priority as well, until the set is empty again. So priorities that nobody uses cost
/// nothing, and each key is moved over once at most.
/// </summary>
internal struct PrioritizedKeys
{
    /// <summary>All keys, in the order in which they became ready.</summary>
    public EntryList<OrderLinks> Keys = new();

    /// <summary>The level with the highest priority; -1 while there is one priority only, <see cref="OnlyPriority"/>.</summary>
    public int HighestLevel = -1;

    public int OnlyPriority;

    /// <summary>Counted while there are several priorities, to find each fourth.</summary>
    public uint HandOuts;

    public PrioritizedKeys()
    {
    }
}
