namespace CrMonitor.Informers;

/// <summary>What stands in an <see cref="ObjectList{T, TItem}"/>.</summary>
internal interface IListedItem<T>
    where T : class
{
    T Object { get; }

    /// <summary>The labels that the object may have.</summary>
    LabelSignature Labels { get; }
}
