namespace CrMonitor.ApiServer.Storage;

/// <summary>One write of one object, and a link of the log of its table.</summary>
/// <remarks>
/// The log is a linked list. Who follows it keeps the link that it has read and goes on to <see cref="Next"/>, without a lock; links that
/// neither the table nor a follower holds are garbage. Backward links serve reads of past revisions and end at the oldest change kept.
/// </remarks>
internal sealed class Change(ResourceTable table, long sequence, long revision, long timestamp, StoredObject? previous, StoredObject? current)
{
    private Change? _next;
    private Change? _nextInStore;
    private StoredObject? _final;

    public ResourceTable Table { get; } = table;

    /// <summary>The position in the log of this table, without gaps.</summary>
    public long Sequence { get; } = sequence;

    public long Revision { get; } = revision;

    /// <summary>When it happened, by <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long Timestamp { get; } = timestamp;

    /// <summary>The object before the write; <see langword="null"/> for a create.</summary>
    public StoredObject? Previous { get; } = previous;

    /// <summary>The object after the write; <see langword="null"/> for a delete.</summary>
    public StoredObject? Current { get; } = current;

    /// <summary>The link before this one. The store's lock guards it.</summary>
    public Change? Before { get; set; }

    /// <summary>The link after this one, once there is one.</summary>
    public Change? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>The next change of any table, once there is one.</summary>
    public Change? NextInStore
    {
        get => Volatile.Read(ref _nextInStore);
        set => Volatile.Write(ref _nextInStore, value);
    }

    /// <summary><see cref="Previous"/> at this revision: what a watch shows of an object that is gone, or gone from its selection.</summary>
    public StoredObject Final =>
        // Two watches may make it at the same time; both are equal, and one of them stays.
        _final ??= Previous!.WithRevision(Revision);
}
