namespace CrMonitor.Controllers;

/// <summary>Which of the waiting objects a controller reconciles next.</summary>
public enum ReconcileOrder
{
    /// <summary>The one that has waited longest, why ever.</summary>
    Arrival,

    /// <summary>
    /// What has changed before what was merely listed: after a start and at a resync, a change of one object does not wait for the runs of all
    /// others. What has waited for half a minute gets its turn all the same. The default.
    /// </summary>
    Priority,

    /// <summary>Namespaces take turns, however many objects one of them has waiting; within a namespace as by <see cref="Priority"/>.</summary>
    FairByNamespace,
}
