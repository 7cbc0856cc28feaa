namespace CrMonitor.ApiServer.Http;

/// <summary>What the rows of a table hold beside their cells: the query parameter <c>includeObject</c>.</summary>
internal enum TableIncludeObject
{
    /// <summary>The metadata; also where the parameter is absent.</summary>
    Metadata,
    None,
    Object,
}
