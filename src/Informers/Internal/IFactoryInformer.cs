namespace CrMonitor.Informers;

/// <summary>What a factory asks of the informers that it hands out.</summary>
internal interface IFactoryInformer : ISharedInformer
{
    /// <summary>What holds the objects: this informer itself, unless it is a view.</summary>
    IStoredInformer Stored { get; }

    /// <inheritdoc cref="ISharedInformer{T}.NoteDelete"/>
    void NoteDelete(ObjectKey key, string? uid = null, string? resourceVersion = null);

    /// <summary>An object was deleted for good: what this informer alone shows of it, as a view, it shows no longer.</summary>
    /// <param name="key">Which object.</param>
    /// <param name="uid">Its uid, if it is known; afterwards also if it was known here alone.</param>
    /// <param name="resourceVersion">The last version that is known; afterwards the later one, if this informer knew it.</param>
    void TakeBack(ObjectKey key, ref string? uid, ref string? resourceVersion);

    /// <summary>Which informer this is, and why it has not synced.</summary>
    string DescribeLate();
}
