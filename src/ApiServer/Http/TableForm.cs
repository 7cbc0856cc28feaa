namespace CrMonitor.ApiServer.Http;

/// <summary>The forms in which objects can be had beside their own: the parameter <c>as</c> of the Accept header.</summary>
internal enum TableForm
{
    Table,
    PartialObjectMetadata,
    PartialObjectMetadataList,
}
