namespace CrMonitor.Informers;

/// <summary>The <c>type</c> of an event on a watch stream.</summary>
internal enum WatchEventType
{
    Unknown,
    Added,
    Modified,
    Deleted,
    Bookmark,
    Error,
}
