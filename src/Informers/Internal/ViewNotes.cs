using System.Collections.Immutable;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Answers of own writes that were given in the view's form: the view alone shows them, until the cache has come so far.</summary>
/// <remarks>
/// The stored form cannot be made of them: it would lack what the view's form does not have, under a version that has it.
/// May be used from any thread; reading takes a lock only while there are such answers.
/// </remarks>
internal sealed class ViewNotes<TStored, T>(SharedInformer<TStored> source)
    where TStored : class, IKubernetesObject<V1ObjectMeta>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private ImmutableDictionary<ObjectKey, Note> _notes = ImmutableDictionary<ObjectKey, Note>.Empty;

    /// <summary>From now on the view shows this, unless it has been told something newer.</summary>
    /// <param name="key">Whose state it is.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="version">Its version.</param>
    /// <param name="shown">The object; <see langword="null"/> if it has left the scope.</param>
    public void Add(ObjectKey key, string? uid, string version, T? shown)
    {
        Live();
        var note = new Note(uid, version, shown, source.Restores);
        ImmutableInterlocked.AddOrUpdate(
            ref _notes,
            key,
            note,
            (_, known) => ResourceVersions.TryCompare(note.Version, known.Version, out var order) && order <= 0 ? known : note);
    }

    /// <summary>The object of this uid is gone. Tells, in place of the uid and version, what is known best.</summary>
    /// <returns><see langword="false"/> if nothing was shown of it.</returns>
    public bool TryRemove(ObjectKey key, ref string? uid, ref string? version)
    {
        if (!Volatile.Read(ref _notes).TryGetValue(key, out var note) || (uid is not null && uid != note.Uid))
        {
            return false;
        }

        Forget(key, note);
        uid = note.Uid;
        version = ResourceVersions.TryCompare(version, note.Version, out var order) && order > 0 ? version : note.Version;
        return true;
    }

    /// <summary>The view is to show this, and not what is stored.</summary>
    public bool TryGet(ObjectKey key, out T? shown)
    {
        shown = null;
        var notes = Volatile.Read(ref _notes);
        if (notes.IsEmpty || !notes.TryGetValue(key, out var note))
        {
            return false;
        }

        shown = note.Shown;
        return IsLive(key, note);
    }

    /// <summary>All that the view is to show in place of what is stored. Others are forgotten.</summary>
    public IReadOnlyDictionary<ObjectKey, T?> Live()
    {
        var notes = Volatile.Read(ref _notes);
        if (notes.IsEmpty)
        {
            return ImmutableDictionary<ObjectKey, T?>.Empty;
        }

        var live = new Dictionary<ObjectKey, T?>();
        foreach (var (key, note) in notes)
        {
            if (IsLive(key, note))
            {
                live.Add(key, note.Shown);
            }
        }

        return live;
    }

    private bool IsLive(ObjectKey key, Note note)
    {
        // A server that was restored from a backup has lost what was written to it since.
        if (note.Restores == source.Restores && !source.HasReached(key, note.Version) && !source.IsGone(key, note.Uid))
        {
            return true;
        }

        Forget(key, note);
        return false;
    }

    private void Forget(ObjectKey key, Note note) => ImmutableInterlocked.Update(
        ref _notes,
        static (notes, gone) => notes.TryGetValue(gone.Key, out var known) && known == gone.Note ? notes.Remove(gone.Key) : notes,
        (Key: key, Note: note));

    private sealed record Note(string? Uid, string Version, T? Shown, int Restores);
}
