namespace CrMonitor.WorkQueue;

/// <summary>The links of the ready keys, or of the held ones.</summary>
internal readonly struct OrderLinks : IEntryLinks
{
    public static ref int Previous<TKey>(ref Entry<TKey> entry) => ref entry.Previous;

    public static ref int Next<TKey>(ref Entry<TKey> entry) => ref entry.Next;
}
