namespace CrMonitor.ApiServer.Patching;

/// <summary>What one step of a field's path names. The values give the order in which Kubernetes sorts steps.</summary>
internal enum PathElementKind
{
    /// <summary>A field of an object: <c>f:replicas</c>.</summary>
    Field,

    /// <summary>An item of a list map by its keys: <c>k:{"name":"web"}</c>.</summary>
    Key,

    /// <summary>An item of a set by its value: <c>v:"a"</c>.</summary>
    Value,

    /// <summary>An item of a list by its position: <c>i:0</c>. Read from old entries, never written for new ones.</summary>
    Index,
}
