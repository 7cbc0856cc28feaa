namespace CrMonitor.Controllers;

/// <summary>What can make a reconcile run.</summary>
public enum ReconcileTrigger
{
    /// <summary>The object stood in the first list after the start.</summary>
    Listed,

    /// <summary>The object was created.</summary>
    Created,

    /// <summary>The object changed in a way that the controller asked for.</summary>
    Updated,

    /// <summary>The object is gone.</summary>
    Deleted,

    /// <summary>An object that is owned by this one was created, changed or deleted, or its owner changed.</summary>
    Owned,

    /// <summary>An object that a map function relates to this one was created, changed or deleted.</summary>
    Watched,

    /// <summary>A source of the program's own asked for it.</summary>
    External,

    /// <summary>The informer told its objects again; nothing changed.</summary>
    Resync,

    /// <summary>The last run answered <see cref="ReconcileResult.Requeue"/>.</summary>
    Requeue,

    /// <summary>The time that the last run asked for with <see cref="ReconcileResult.After"/> is over.</summary>
    Scheduled,

    /// <summary>The last run failed.</summary>
    Retry,

    /// <summary>A write of the last run met a newer version of its object.</summary>
    Conflict,
}
