namespace CrMonitor.SampleOperator;

/// <summary>The types and reasons of an Application's conditions. They are API: alerts and <c>kubectl wait</c> depend on them.</summary>
internal static class ApplicationConditions
{
    /// <summary>True while all replicas run what the spec says and are available.</summary>
    public const string Ready = "Ready";

    /// <summary>True while the Deployment is on its way to what the spec says.</summary>
    public const string Progressing = "Progressing";

    /// <summary>True while something is in the way that time alone does not remove.</summary>
    public const string Degraded = "Degraded";

    /// <summary>All replicas are up to date and available.</summary>
    public const string DeploymentReady = "DeploymentReady";

    /// <summary>The Deployment was just created; no replica has been reported yet.</summary>
    public const string Creating = "Creating";

    /// <summary>The Deployment was changed; its replicas are being replaced, added or removed.</summary>
    public const string Updating = "Updating";

    /// <summary>The replicas are up to date, and some of them not yet available.</summary>
    public const string DeploymentProgressing = "Progressing";

    /// <summary>The Deployment made no progress for its <c>progressDeadlineSeconds</c>.</summary>
    public const string ProgressDeadlineExceeded = "ProgressDeadlineExceeded";

    /// <summary>The Application cannot be turned into a Deployment; only a change of it helps.</summary>
    public const string InvalidSpec = "InvalidSpec";

    /// <summary>Somebody else's Deployment has the name that this Application needs.</summary>
    public const string DeploymentConflict = "DeploymentConflict";

    /// <summary>The last attempt failed and is being repeated.</summary>
    public const string ReconcileError = "ReconcileError";

    /// <summary>Nothing is in the way (reason of <see cref="Degraded"/> while it is False).</summary>
    public const string AsExpected = "AsExpected";

    /// <summary>The Application is being deleted.</summary>
    public const string Terminating = "Terminating";
}
