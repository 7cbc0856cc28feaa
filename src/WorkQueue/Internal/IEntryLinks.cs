namespace CrMonitor.WorkQueue;

/// <summary>
/// Which pair of an entry's links an <see cref="EntryList{TLinks}"/> is threaded through. Implemented by structs, so that nothing is called at run
/// time.
/// </summary>
internal interface IEntryLinks
{
    static abstract ref int Previous(ref Entry entry);

    static abstract ref int Next(ref Entry entry);
}
