using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>A change of one object.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Resource">The object's resource in its stored version.</param>
/// <param name="Namespace">Empty for a cluster-scoped object.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Uid">The object's uid.</param>
/// <param name="Revision">That of the change; for an object that was there before, the one of its last.</param>
/// <param name="Json">The object as stored, in UTF-8; for a deletion its last state.</param>
internal sealed record ObjectChange(
    ObjectChangeKind Kind,
    ResourceDefinition Resource,
    string Namespace,
    string Name,
    string Uid,
    long Revision,
    ReadOnlyMemory<byte> Json);
