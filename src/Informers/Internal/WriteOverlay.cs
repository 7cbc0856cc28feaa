using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>The keys of one source whose cached state is ahead of what the watch has shown, because a caller noted the answer of a write.</summary>
/// <remarks>
/// The watch shows the states of an object in the order of their versions, and the changes of all objects in that order too. So a noted version
/// decides what is older than it, what is its own echo, and when it must have been shown. All but <see cref="HasGone"/> is guarded by the informer's
/// gate.
/// </remarks>
/// <param name="form">How the objects are held.</param>
/// <param name="time">The clock.</param>
internal sealed class WriteOverlay<T>(ObjectForm<T> form, TimeProvider time)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Dictionary<ObjectKey, Entry> _entries = [];
    private readonly PriorityQueue<ObjectKey, string> _byVersion = new(Comparer<string>.Create(Compare));
    private readonly GoneObjects _gone = new(time);
    private int _goneEntries;   // of _entries: objects that were deleted for good
    private bool _hasGone;      // read by anyone

    /// <summary>What to do with an event of a key.</summary>
    public enum Verdict
    {
        /// <summary>It is news.</summary>
        Apply,

        /// <summary>It is what was noted, and has been told.</summary>
        Echo,

        /// <summary>It is older than what was noted.</summary>
        Older,
    }

    /// <summary>How much there is that the watch may be behind with.</summary>
    public int Count => _entries.Count + _gone.Count;

    /// <summary>There are objects of which <see cref="IsGone"/> is true. May be read without the gate.</summary>
    public bool HasGone => Volatile.Read(ref _hasGone);

    /// <summary>One of these changes may have to do with what was noted.</summary>
    public bool MayConcern(ReadOnlySpan<WatchedChange<T>> changes)
    {
        if (_entries.Count > 0)
        {
            return true;
        }

        if (_gone.Count > 0)
        {
            foreach (ref readonly var change in changes)
            {
                if (GoneUid(change.Current ?? change.Final) is not null)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The version that was noted for a key, until the watch has shown it.</summary>
    public string? VersionOf(ObjectKey key) => _entries.TryGetValue(key, out var entry) ? entry.Version : null;

    /// <summary>What was noted for a key, and not shown by the watch yet, was decoded from the answer's bytes.</summary>
    public bool HasDecoded(ObjectKey key) => _entries.TryGetValue(key, out var entry) && entry.IsDecoded;

    /// <summary>The object of this uid was deleted for good, and the watch has not shown it yet.</summary>
    public bool IsGone(ObjectKey key, string? uid) =>
        _gone.Contains(uid) || (_entries.TryGetValue(key, out var entry) && entry.IsGone && entry.Uid == uid);

    /// <summary>The answer of a write is newer than anything known of the key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="uid">The answer's uid.</param>
    /// <param name="version">The answer's version.</param>
    /// <param name="cached">What the cache shows.</param>
    public bool IsNews(ObjectKey key, string? uid, string version, T? cached)
    {
        if (_gone.Contains(uid))
        {
            return false;
        }

        if (_entries.TryGetValue(key, out var entry))
        {
            // An object that is gone does not come back: its uid stays dead, whatever else was on its way.
            return Compare(version, entry.Version) > 0 && !(entry.IsGone && entry.Uid == uid);
        }

        return cached is null || !ResourceVersions.TryCompare(version, form.VersionOf(cached), out var order) || order > 0;
    }

    /// <summary>From now on the cache shows something of this version. What the watch has shown last is kept.</summary>
    /// <param name="key">The key.</param>
    /// <param name="uid">Whose state it is.</param>
    /// <param name="version">States up to this one are older.</param>
    /// <param name="isGone">The object of this uid was deleted for good.</param>
    /// <param name="isDecoded">
    /// The cache shows what was made of the answer's bytes, as it makes all its objects of theirs, and not an object of the caller's.
    /// </param>
    /// <param name="cached">What the cache showed before.</param>
    public void Note(ObjectKey key, string? uid, string version, bool isGone, bool isDecoded, T? cached)
    {
        var server = _entries.TryGetValue(key, out var before) ? before.Server : cached;
        Forget(key, before);
        _entries.Add(key, new Entry(uid, version, isGone, isDecoded, server));
        _goneEntries += isGone ? 1 : 0;
        _byVersion.Enqueue(key, version);
        PublishGone();
    }

    /// <summary>The object of this uid, which the cache does not show, was deleted for good, at a version that is not known.</summary>
    public void NoteGone(ObjectKey key, string uid)
    {
        if (!IsGone(key, uid))
        {
            _gone.Add(key, uid);
            PublishGone();
        }
    }

    /// <summary>The server has said how far it has come: what it has not shown of objects that were deleted long ago, it does not show any more.</summary>
    public void ForgetGone()
    {
        _gone.ForgetOld();
        PublishGone();
    }

    /// <summary>The server has sent an event. Where it sends no bookmarks, that too ends, much later, what <see cref="ForgetGone"/> would.</summary>
    public void ForgetVeryOldGone()
    {
        if (_gone.Count > 0)
        {
            _gone.ForgetVeryOld();
            PublishGone();
        }
    }

    /// <summary>Judges an event.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="current">The object; <see langword="null"/> if the event is its deletion.</param>
    /// <param name="final">The last state of a deleted object.</param>
    /// <param name="version">The event's version.</param>
    public Verdict Take(ObjectKey key, T? current, T? final, string? version)
    {
        var told = current ?? final;
        _entries.TryGetValue(key, out var entry);
        if (GoneUid(told) is { } gone)
        {
            if (current is null)
            {
                _gone.Remove(gone);
                PublishGone();
            }

            entry?.Server = null;
            return Verdict.Older;
        }

        if (entry is null)
        {
            return Verdict.Apply;
        }

        entry.Server = current;
        var isSame = told is not null && form.UidOf(told) is { } uid && uid == entry.Uid;
        var order = Compare(version ?? (told is null ? null : form.VersionOf(told)), entry.Version);
        if (entry.IsGone && isSame)
        {
            if (current is not null)
            {
                return Verdict.Older;
            }

            Forget(key, entry);
            return Verdict.Echo;
        }

        if (order < 0)
        {
            return Verdict.Older;
        }

        Forget(key, entry);
        return order == 0 && isSame && !entry.IsGone ? Verdict.Echo : Verdict.Apply;
    }

    /// <summary>An event of a key could not be read; its version alone counts.</summary>
    public void TakeUnreadable(ObjectKey key, string? version)
    {
        if (_entries.TryGetValue(key, out var entry) && Compare(version, entry.Version) >= 0)
        {
            Forget(key, entry);
        }
    }

    /// <summary>
    /// The watch has come to <paramref name="version"/>: what was noted up to there and was not shown is not so on the server, for this scope.
    /// </summary>
    /// <param name="version">The version that the source has reached.</param>
    /// <param name="revert">Is called with such keys, and what the watch has shown of them last.</param>
    public void Pass(string version, Action<ObjectKey, T?> revert)
    {
        while (_entries.Count > 0 && _byVersion.TryPeek(out var key, out var noted) && Compare(noted, version) <= 0)
        {
            _byVersion.Dequeue();
            if (!_entries.TryGetValue(key, out var entry) || entry.Version != noted)
            {
                continue;
            }

            if (!entry.IsGone)
            {
                Forget(key, entry);
                revert(key, GoneUid(entry.Server) is null ? entry.Server : null);
            }
            else if (entry.Server is null)
            {
                Forget(key, entry);
            }
        }
    }

    /// <summary>Puts what was noted and is newer than a new list over the list.</summary>
    public void Cover(IndexedStore<T>.Replacement replacement, string version, Func<ObjectKey, T?> cached)
    {
        foreach (var (uid, key, _) in _gone.All)
        {
            if (replacement.Find(key) is { } listed && form.UidOf(listed) == uid)
            {
                replacement.Override(key, null);
            }
        }

        foreach (var (key, entry) in _entries.ToArray())
        {
            var listed = replacement.Find(key);
            entry.Server = listed;
            var isOlder = Compare(version, entry.Version) < 0;
            if (entry.IsGone && listed is not null && (form.UidOf(listed) == entry.Uid || isOlder))
            {
                replacement.Override(key, null);
            }
            else if (isOlder)
            {
                Put(replacement, key, cached(key));
            }
            else
            {
                // What the list shows replaces what was noted; if it is the same, it has been told.
                Forget(key, entry);
                if (listed is not null)
                {
                    replacement.Override(key, cached(key) is { } known && form.IsSame(known, listed) ? known : listed);
                }
            }
        }
    }

    /// <summary>Forgets all notes: what a new list holds is so, whatever was noted.</summary>
    public void Clear(IndexedStore<T>.Replacement replacement)
    {
        foreach (var key in _entries.Keys)
        {
            if (replacement.Find(key) is { } listed)
            {
                replacement.Override(key, listed);
            }
        }

        _entries.Clear();
        _goneEntries = 0;
        _byVersion.Clear();
        _gone.Clear();
        PublishGone();
    }

    private void Forget(ObjectKey key, Entry? entry)
    {
        if (entry is null)
        {
            return;
        }

        _entries.Remove(key);
        if (_entries.Count == 0)
        {
            // What is left of entries that were forgotten before their versions had passed.
            _byVersion.Clear();
        }

        if (entry.IsGone)
        {
            _goneEntries--;
            PublishGone();
        }
    }

    private void PublishGone() => Volatile.Write(ref _hasGone, _goneEntries > 0 || _gone.Count > 0);

    // Of an object that was deleted for good, in a version that is not known.
    private string? GoneUid(T? shown) =>
        _gone.Count > 0 && shown is not null && form.UidOf(shown) is { } uid && _gone.Contains(uid) ? uid : null;

    private static void Put(IndexedStore<T>.Replacement replacement, ObjectKey key, T? noted)
    {
        if (noted is null)
        {
            replacement.Override(key, null);
        }
        else
        {
            replacement.Override(key, noted);
        }
    }

    // Versions without an order are taken for newer: then the watch decides, as it would without a note.
    private static int Compare(string? left, string? right) => ResourceVersions.TryCompare(left, right, out var order) ? order : 1;

    /// <param name="uid">Whose state was noted.</param>
    /// <param name="version">Its version.</param>
    /// <param name="isGone">The object was deleted for good.</param>
    /// <param name="isDecoded">The cache shows what was made of the answer's bytes.</param>
    /// <param name="server">What the watch or a list has shown last.</param>
    private sealed class Entry(string? uid, string version, bool isGone, bool isDecoded, T? server)
    {
        public string? Uid => uid;

        public string Version => version;

        public bool IsGone => isGone;

        public bool IsDecoded => isDecoded;

        public T? Server { get; set; } = server;
    }
}
