namespace CrMonitor.Informers;

/// <summary>Objects of one source that were deleted for good, at a version that is not known, and that the watch may yet bring.</summary>
/// <remarks>
/// <para>
/// The answer to a delete names a uid and no version. So the watch's versions do not tell when it has passed the deletion; and an object that never
/// was in the scope, or whose end the watch has shown before the answer came, has no event any more that could.
/// </para>
/// <para>
/// What is known falls with the event of the deletion; else a while later, when the server says how far it has come: a bookmark or a list of that
/// time follows all that it had to say before. A server's watches are taken to be behind it by less than that while. More than so many are not
/// remembered: the oldest go first. All is guarded by the informer's gate.
/// </para>
/// </remarks>
internal sealed class GoneObjects(TimeProvider time)
{
    private const int Most = 1000;
    private static readonly TimeSpan While = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, ObjectKey> _keys = [];   // by uid
    private readonly Queue<(string Uid, long At)> _byAge = new();   // oldest first, also those whose deletion was shown

    public int Count => _keys.Count;

    /// <summary>The keys that the objects had, by their uids.</summary>
    public IReadOnlyCollection<KeyValuePair<string, ObjectKey>> All => _keys;

    public bool Contains(string? uid) => uid is not null && _keys.ContainsKey(uid);

    public void Add(ObjectKey key, string uid)
    {
        if (_keys.TryAdd(uid, key))
        {
            _byAge.Enqueue((uid, time.GetTimestamp()));
        }

        while (_byAge.Count > Most)
        {
            _keys.Remove(_byAge.Dequeue().Uid);
        }
    }

    /// <summary>The deletion was shown.</summary>
    public void Remove(string uid)
    {
        if (_keys.Remove(uid) && _keys.Count == 0)
        {
            _byAge.Clear();
        }
    }

    /// <summary>The server has said how far it has come.</summary>
    public void ForgetOld()
    {
        while (_byAge.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= While)
        {
            _keys.Remove(_byAge.Dequeue().Uid);
        }
    }

    public void Clear()
    {
        _keys.Clear();
        _byAge.Clear();
    }
}
