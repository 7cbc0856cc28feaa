using System.Collections.Concurrent;
using System.Collections.Immutable;
using CrMonitor.ApiServer.Watching;

namespace CrMonitor.ApiServer.Storage;

/// <summary>All objects of all kinds, with one revision counter for all of them.</summary>
/// <remarks>
/// Guarantees: every write has a revision of its own, one higher than the write before; a state that is read is one that the store had;
/// who follows a log from a state sees every later change once, in order.
/// Writes are optimistic: they name the version that they replace, and fail if another write came first. May be used from any thread.
/// </remarks>
internal sealed class ObjectStore
{
    // _gate guards the revision, the last change, the tables' heads, tails and objects, and the waiters. It is held for pointer updates alone.
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, ResourceTable> _tables = new(StringComparer.Ordinal);
    private readonly List<RevisionWaiter> _waiters = [];
    private readonly TimeProvider _time;
    private readonly int _maximumLogLength;
    private readonly TimeSpan _maximumLogAge;
    private ImmutableArray<StoreCursor> _cursors = [];
    private Change _tail;
    private long _revision = 1;
    private long _compacted;

    /// <param name="time">The clock by which changes age.</param>
    /// <param name="maximumLogLength">How many changes of each table are kept; at least one.</param>
    /// <param name="maximumLogAge">How long they are kept.</param>
    public ObjectStore(TimeProvider time, int maximumLogLength, TimeSpan maximumLogAge)
    {
        _time = time;
        _maximumLogLength = maximumLogLength;
        _maximumLogAge = maximumLogAge;
        _tail = new ResourceTable("", _revision, time.GetTimestamp()).Tail;
    }

    /// <summary>The revision of the latest write.</summary>
    public long Revision => Volatile.Read(ref _revision);

    public TimeProvider Time => _time;

    /// <summary>All tables there are.</summary>
    public IEnumerable<ResourceTable> Tables => _tables.Values;

    public ResourceTable Table(string storageKey)
    {
        if (_tables.TryGetValue(storageKey, out var table))
        {
            return table;
        }

        lock (_gate)
        {
            return _tables.GetOrAdd(storageKey, static (key, store) => new ResourceTable(key, store._compacted, store.Time.GetTimestamp()), this);
        }
    }

    /// <summary>
    /// Makes the table of a resource that is served from now on: a watch of it cannot start earlier. A table that there is stays as it is.
    /// </summary>
    public void Open(string storageKey)
    {
        lock (_gate)
        {
            _tables.GetOrAdd(storageKey, static (key, store) => new ResourceTable(key, store._revision, store.Time.GetTimestamp()), this);
        }
    }

    public TableState Read(ResourceTable table)
    {
        lock (_gate)
        {
            return new TableState(_revision, table.Objects, table.Tail);
        }
    }

    /// <summary>The objects as they were at <paramref name="revision"/>, which is not in the future.</summary>
    /// <returns><see langword="null"/> if that revision is no longer kept.</returns>
    public TableState? ReadAt(ResourceTable table, long revision)
    {
        lock (_gate)
        {
            TrimLocked(table, _time.GetTimestamp());

            // A log that still has its first link knows all: before it, there were no objects.
            if (revision < _compacted || (revision < table.Head.Revision && table.Head.Sequence > 0))
            {
                return null;
            }

            var objects = table.Objects.ToBuilder();
            var change = table.Tail;
            for (; change.Revision > revision && change.Sequence > 0; change = change.Before!)
            {
                if (change.Current is not null)
                {
                    objects.Remove(change.Current);
                }

                if (change.Previous is not null)
                {
                    objects.Add(change.Previous);
                }
            }

            return new TableState(revision, objects.ToImmutable(), change);
        }
    }

    /// <summary>The place in the log after which the changes follow that are newer than <paramref name="revision"/>.</summary>
    /// <returns><see langword="null"/> if that revision is no longer kept.</returns>
    public Change? FindInLog(ResourceTable table, long revision)
    {
        lock (_gate)
        {
            TrimLocked(table, _time.GetTimestamp());
            if (revision < table.Head.Revision || revision < _compacted)
            {
                return null;
            }

            var change = table.Tail;
            while (change.Revision > revision)
            {
                change = change.Before!;
            }

            return change;
        }
    }

    /// <summary>The oldest revision from which a watch of <paramref name="table"/> can start.</summary>
    public long OldestRevision(ResourceTable table)
    {
        lock (_gate)
        {
            return Math.Max(table.Head.Revision, _compacted);
        }
    }

    /// <summary>Writes <paramref name="draft"/> over <paramref name="expected"/> (<see langword="null"/>: creates it).</summary>
    /// <returns>The object with its revision; <see langword="null"/> if <paramref name="expected"/> is not the latest version.</returns>
    public StoredObject? TryWrite(ResourceTable table, StoredObject? expected, StoredObject draft)
    {
        StoredObject written;
        Change change;
        lock (_gate)
        {
            if (!ReferenceEquals(table.Find(draft.Key), expected))
            {
                return null;
            }

            written = draft.WithRevision(_revision + 1);
            var objects = expected is null ? table.Objects : table.Objects.Remove(expected);
            change = AppendLocked(table, expected, written, objects.Add(written));
        }

        Notify(change);
        return written;
    }

    /// <summary>Deletes <paramref name="expected"/>.</summary>
    /// <returns>The change; <see langword="null"/> if <paramref name="expected"/> is not the latest version.</returns>
    public Change? TryDelete(ResourceTable table, StoredObject expected)
    {
        Change change;
        lock (_gate)
        {
            if (!ReferenceEquals(table.Find(expected.Key), expected))
            {
                return null;
            }

            change = AppendLocked(table, expected, null, table.Objects.Remove(expected));
        }

        Notify(change);
        return change;
    }

    /// <summary>Forgets all changes up to now: reads and watches of an earlier revision find it expired. Open watches go on.</summary>
    public long Compact()
    {
        lock (_gate)
        {
            _compacted = _revision;
            foreach (var table in _tables.Values)
            {
                table.Head = table.Tail;
                table.Head.Before = null;
            }

            return _compacted;
        }
    }

    /// <summary>Waits for <paramref name="revision"/>, until disposed.</summary>
    public RevisionWaiter WaitForRevision(long revision)
    {
        var waiter = new RevisionWaiter(revision, Forget);
        lock (_gate)
        {
            if (_revision >= revision)
            {
                waiter.Complete();
            }
            else
            {
                _waiters.Add(waiter);
            }
        }

        return waiter;
    }

    /// <summary>Follows the log of <paramref name="table"/> from after <paramref name="position"/>.</summary>
    public static WatchCursor Follow(ResourceTable table, Change position)
    {
        var cursor = new WatchCursor(table, position);
        table.Add(cursor);
        return cursor;
    }

    /// <summary>Reads all objects, and follows the later changes of any table that concern the reader.</summary>
    public (IReadOnlyList<(ResourceTable Table, StoredObject Object)> Objects, StoreCursor Cursor) FollowAll(Func<Change, bool> concerns)
    {
        lock (_gate)
        {
            var cursor = new StoreCursor(_tail, concerns, Forget);
            ImmutableInterlocked.Update(ref _cursors, static (all, one) => all.Add(one), cursor);
            return ([.. _tables.Values.SelectMany(static t => t.Objects.Select(o => (t, o)))], cursor);
        }
    }

    private void Notify(Change change)
    {
        change.Table.Notify(_maximumLogLength);
        foreach (var cursor in _cursors)
        {
            cursor.Notify(change);
        }
    }

    private Change AppendLocked(ResourceTable table, StoredObject? previous, StoredObject? current, ImmutableSortedSet<StoredObject> objects)
    {
        var now = _time.GetTimestamp();
        var change = new Change(table, table.Tail.Sequence + 1, _revision + 1, now, previous, current) { Before = table.Tail };
        table.Objects = objects;
        table.Tail.Next = change;
        table.Tail = change;
        _tail.NextInStore = change;
        _tail = change;
        Volatile.Write(ref _revision, change.Revision);

        TrimLocked(table, now);

        foreach (var waiter in _waiters)
        {
            if (waiter.Revision <= change.Revision)
            {
                waiter.Complete();
            }
        }

        return change;
    }

    private void TrimLocked(ResourceTable table, long now)
    {
        while (table.Head.Next is { } oldest
            && (table.Tail.Sequence - table.Head.Sequence > _maximumLogLength || _time.GetElapsedTime(oldest.Timestamp, now) > _maximumLogAge))
        {
            table.Head = oldest;
            table.Head.Before = null;
        }
    }

    private void Forget(RevisionWaiter waiter)
    {
        lock (_gate)
        {
            _waiters.Remove(waiter);
        }
    }

    private void Forget(StoreCursor cursor) => ImmutableInterlocked.Update(ref _cursors, static (all, one) => all.Remove(one), cursor);
}
