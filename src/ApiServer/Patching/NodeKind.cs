namespace CrMonitor.ApiServer.Patching;

/// <summary>How a value is walked.</summary>
internal enum NodeKind
{
    Scalar,
    List,
    Map,
}
