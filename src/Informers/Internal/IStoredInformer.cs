namespace CrMonitor.Informers;

/// <summary>An informer with a cache of its own, whatever the form of its objects.</summary>
internal interface IStoredInformer : IFactoryInformer
{
    /// <inheritdoc cref="ISharedInformer{T}.NoteWrite(ReadOnlySpan{byte})"/>
    void NoteWrite(ReadOnlySpan<byte> answer);

    /// <summary>A view of it that shows metadata alone.</summary>
    /// <param name="resource">The resource, as the view names it.</param>
    /// <param name="lifetime">What the factory does when the view stops.</param>
    IFactoryInformer ViewMetadata(KubeResource<PartialObjectMetadata> resource, ViewLifetime lifetime);
}
