namespace CrMonitor.Informers;

/// <summary>Objects of one source that were deleted for good, at a version that is not known, and that the watch may yet bring.</summary>
/// <remarks>
/// <para>
/// The answer to a delete names a uid and no version. So the watch's versions do not tell when it has passed the deletion; and an object that never
/// was in the scope, or whose end the watch has shown before the answer came, has no event any more that could.
/// </para>
/// <para>
/// What is known falls with the event of the deletion; else a while later, when the server says how far it has come: a bookmark or a list of that
/// time follows all that it had to say before. A server's watches are taken to be behind it by less than that while. Where the server sends no
/// bookmarks, it falls with any event after a much longer while. More than so many are not remembered: the oldest go first. All is guarded by the
/// informer's gate.
/// </para>
/// </remarks>
internal sealed class GoneObjects(TimeProvider time)
{
    private const int Most = 1000;
    private static readonly TimeSpan While = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongWhile = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, LinkedListNode<Gone>> _byUid = [];   // the nodes of _byAge
    private readonly LinkedList<Gone> _byAge = new();                       // oldest first

    public int Count => _byUid.Count;

    /// <summary>The objects.</summary>
    public IReadOnlyCollection<Gone> All => _byAge;

    public bool Contains(string? uid) => uid is not null && _byUid.ContainsKey(uid);

    public void Add(ObjectKey key, string uid)
    {
        if (_byUid.ContainsKey(uid))
        {
            return;
        }

        _byUid.Add(uid, _byAge.AddLast(new Gone(uid, key, time.GetTimestamp())));
        if (_byUid.Count > Most)
        {
            Remove(_byAge.First!.Value.Uid);
        }
    }

    /// <summary>The deletion was shown.</summary>
    public void Remove(string uid)
    {
        if (_byUid.Remove(uid, out var node))
        {
            _byAge.Remove(node);
        }
    }

    /// <summary>The server has said how far it has come.</summary>
    public void ForgetOld() => ForgetOlder(While);

    /// <summary>The server has sent something.</summary>
    public void ForgetVeryOld() => ForgetOlder(LongWhile);

    public void Clear()
    {
        _byUid.Clear();
        _byAge.Clear();
    }

    private void ForgetOlder(TimeSpan age)
    {
        while (_byAge.First is { Value: var oldest } && time.GetElapsedTime(oldest.At) >= age)
        {
            Remove(oldest.Uid);
        }
    }

    /// <param name="Uid">Its uid.</param>
    /// <param name="Key">The key that it had.</param>
    /// <param name="At">The timestamp at which its deletion was noted.</param>
    public readonly record struct Gone(string Uid, ObjectKey Key, long At);
}
