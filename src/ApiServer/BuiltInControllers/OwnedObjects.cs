namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>
/// The objects of a kind by the uid of their controller, as far as was observed, and with what the controller itself has done since.
/// </summary>
/// <remarks>
/// May be used from any thread. Without the latter a controller would create again what it has just created, because it has yet to observe it.
/// </remarks>
/// <param name="read">Makes out of an object what is kept of it.</param>
internal sealed class OwnedObjects<T>(Func<ObjectChange, T> read)
    where T : class
{
    // _gate guards the fields below. It is held for their updates alone: never across a call to the server.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, T>> _owned = []; // by the owner's uid and their own
    private readonly Dictionary<string, OwnerReference> _owners = []; // by uid of the owned object
    private readonly HashSet<string> _leaving = []; // uids of owned objects whose deletion is under way
    private long _observed; // the revision of the last change observed

    /// <summary>Takes a change up.</summary>
    /// <returns>The owners it concerns: the one before it, and the one after it.</returns>
    public IReadOnlyList<OwnerReference> Observe(ObjectChange change)
    {
        var owner = change.Kind == ObjectChangeKind.Deleted ? null : ObjectLinks.Read(change.Json).Owners.FirstOrDefault(static o => o.IsController);
        var item = owner is null ? null : read(change);
        lock (_gate)
        {
            _observed = Math.Max(_observed, change.Revision);
            var former = _owners.GetValueOrDefault(change.Uid);
            if (former is not null && former.Uid != owner?.Uid)
            {
                RemoveLocked(former.Uid, change.Uid);
            }

            if (change.Kind == ObjectChangeKind.Deleted)
            {
                _leaving.Remove(change.Uid);
            }

            if (owner is not null)
            {
                AddLocked(owner, change.Uid, item!);
            }

            return (former, owner) switch
            {
                (null, null) => [],
                (null, { } after) => [after],
                ({ } before, null) => [before],
                ({ } before, { } after) => before.Uid == after.Uid ? [after] : [before, after],
            };
        }
    }

    /// <summary>Those of an owner that are not about to be deleted.</summary>
    public IReadOnlyList<T> Of(string ownerUid)
    {
        lock (_gate)
        {
            return _owned.TryGetValue(ownerUid, out var items)
                ? [.. items.Where(item => !_leaving.Contains(item.Key)).Select(static item => item.Value)]
                : [];
        }
    }

    /// <summary>Notes an object that the controller has created.</summary>
    public void NoteCreated(OwnerReference owner, string uid, long revision, T item)
    {
        lock (_gate)
        {
            // Observed already, it may be changed, or gone again.
            if (revision > _observed)
            {
                AddLocked(owner, uid, item);
            }
        }
    }

    /// <summary>
    /// Notes that the controller is about to delete an object. Its deletion is to be observed, or <see cref="NoteKept"/> to be called.
    /// </summary>
    public void NoteLeaving(string uid)
    {
        lock (_gate)
        {
            if (_owners.ContainsKey(uid))
            {
                _leaving.Add(uid);
            }
        }
    }

    /// <summary>Takes <see cref="NoteLeaving"/> back.</summary>
    public void NoteKept(string uid)
    {
        lock (_gate)
        {
            _leaving.Remove(uid);
        }
    }

    private void AddLocked(OwnerReference owner, string uid, T item)
    {
        _owners[uid] = owner;
        (_owned.TryGetValue(owner.Uid, out var items) ? items : _owned[owner.Uid] = [])[uid] = item;
    }

    private void RemoveLocked(string ownerUid, string uid)
    {
        _owners.Remove(uid);
        if (_owned.TryGetValue(ownerUid, out var items) && items.Remove(uid) && items.Count == 0)
        {
            _owned.Remove(ownerUid);
        }
    }
}
