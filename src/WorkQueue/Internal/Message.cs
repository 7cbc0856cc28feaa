namespace CrMonitor.WorkQueue;

/// <summary>What a producer or a worker tells the queue.</summary>
internal struct Message<TKey> where TKey : notnull
{
    /// <summary>The key of an addition.</summary>
    public TKey Key;

    /// <summary>The deadline of a delayed addition; of others, when it was said, or 0 where nobody needs to know. A timestamp.</summary>
    public long At;

    /// <summary>That of the key, in an end of work too.</summary>
    public uint Hash;

    public int Priority;

    /// <summary>The entry whose hand-out ended.</summary>
    public int Slot;

    public MessageKind Kind;
}
