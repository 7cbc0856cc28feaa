namespace CrMonitor.Informers;

/// <summary>An object under a value of an index. Nobody selects among those by labels, so that it needs no room for more than the object.</summary>
internal readonly record struct IndexedItem<T>(T Object) : IListedItem<T>
    where T : class
{
    public LabelSignature Labels => LabelSignature.Unknown;
}
