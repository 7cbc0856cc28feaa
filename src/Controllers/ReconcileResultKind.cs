namespace CrMonitor.Controllers;

/// <summary>How a reconcile ended, as its <see cref="ReconcileResult"/> says.</summary>
public enum ReconcileResultKind
{
    /// <summary>The object is as desired; the next run comes with the next change.</summary>
    Done,

    /// <summary>Run again with the backoff of a failure, but without being one.</summary>
    Requeue,

    /// <summary>Run again after a stated time.</summary>
    After,

    /// <summary>It failed, and no retry can help: only a change of the object can.</summary>
    Terminal,
}
