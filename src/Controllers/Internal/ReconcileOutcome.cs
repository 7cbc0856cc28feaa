namespace CrMonitor.Controllers;

/// <summary>How a run ended, as it is counted.</summary>
internal enum ReconcileOutcome
{
    Success,
    Requeue,
    RequeueAfter,
    Conflict,
    Error,
    Terminal,
    Timeout,
}
