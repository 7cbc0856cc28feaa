using System.Collections.Immutable;
using CrMonitor.ApiServer.Watching;

namespace CrMonitor.ApiServer.Storage;

/// <summary>The objects of one resource (all its versions), with the log of their changes and those who follow it.</summary>
/// <remarks>
/// Fields are written under the lock of the <see cref="ObjectStore"/>; what others read without it is an immutable value behind one reference.
/// </remarks>
internal sealed class ResourceTable
{
    private ImmutableSortedSet<StoredObject> _objects = ImmutableSortedSet.Create<StoredObject>(KeyComparer.Instance);
    private ImmutableArray<WatchCursor> _cursors = [];

    /// <param name="storageKey"><c>plural.group</c>.</param>
    /// <param name="revision">The revision before which nothing is known of this table.</param>
    /// <param name="timestamp">Now.</param>
    public ResourceTable(string storageKey, long revision, long timestamp)
    {
        StorageKey = storageKey;
        // A link without objects, so that the log is never empty.
        Head = Tail = new Change(this, 0, revision, timestamp, null, null);
    }

    public string StorageKey { get; }

    /// <summary>The newest state. Never changes in place.</summary>
    public ImmutableSortedSet<StoredObject> Objects
    {
        get => Volatile.Read(ref _objects);
        set => Volatile.Write(ref _objects, value);
    }

    /// <summary>The link before the oldest change that can still be replayed: its revision is the oldest from which a watch can start.</summary>
    public Change Head { get; set; }

    public Change Tail { get; set; }

    public StoredObject? Find(string key) => Objects.TryGetValue(StoredObject.Probe(key), out var found) ? found : null;

    public void Add(WatchCursor cursor) => ImmutableInterlocked.Update(ref _cursors, static (all, one) => all.Add(one), cursor);

    public void Remove(WatchCursor cursor) => ImmutableInterlocked.Update(ref _cursors, static (all, one) => all.Remove(one), cursor);

    /// <summary>Ends all who follow the log, after what they have yet to read.</summary>
    public void EndCursors()
    {
        foreach (var cursor in _cursors)
        {
            cursor.End();
        }
    }

    /// <summary>Wakes all who follow the log.</summary>
    public void Notify(int maximumLag)
    {
        var newest = Tail.Sequence;
        foreach (var cursor in _cursors)
        {
            cursor.Notify(newest, maximumLag);
        }
    }
}
