namespace CrMonitor.Benchmarks.Controllers;

/// <summary>What is measured of a controller.</summary>
internal enum ControllerWorkload
{
    /// <summary>The status of every Application that a server has is patched once.</summary>
    Patch,

    /// <summary>Applications of an embedded server are changed at a steady rate: from the sending of a change to its reconcile.</summary>
    Latency,
}
