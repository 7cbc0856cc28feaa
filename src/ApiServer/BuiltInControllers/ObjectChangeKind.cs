namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>What happened to an object.</summary>
internal enum ObjectChangeKind
{
    Added,
    Modified,
    Deleted,
}
