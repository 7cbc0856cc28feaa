namespace CrMonitor.Informers;

/// <summary>
/// An object in an <see cref="ObjectList{T, TItem}"/>, with what tells most objects that a label selector does not match without a look at them.
/// </summary>
internal readonly record struct StoredItem<T>(T Object, LabelSignature Labels) : IListedItem<T>
    where T : class;
