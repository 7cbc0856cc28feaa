namespace CrMonitor.Informers;

/// <summary>What a factory asks of the informers that it hands out.</summary>
internal interface IFactoryInformer : ISharedInformer
{
    /// <summary>What holds the objects: this informer itself, unless it is a view.</summary>
    IStoredInformer Stored { get; }

    /// <inheritdoc cref="ISharedInformer{T}.NoteDelete"/>
    void NoteDelete(ObjectKey key, string? uid = null, string? resourceVersion = null);

    /// <summary>Which informer this is, and why it has not synced.</summary>
    string DescribeLate();
}
