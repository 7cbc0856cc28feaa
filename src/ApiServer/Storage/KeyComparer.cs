namespace CrMonitor.ApiServer.Storage;

/// <summary>Orders objects by key as the bytes of the key order them: the order in which lists show them.</summary>
internal sealed class KeyComparer : IComparer<StoredObject>
{
    public static readonly KeyComparer Instance = new();

    public int Compare(StoredObject? x, StoredObject? y) => string.CompareOrdinal(x?.Key, y?.Key);
}
