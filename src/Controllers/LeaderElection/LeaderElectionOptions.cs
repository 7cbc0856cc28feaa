namespace CrMonitor.Controllers;

/// <summary>How the copies of a program agree, over a <c>Lease</c>, on the one that works.</summary>
/// <remarks>
/// The times must satisfy <c>LeaseDuration &gt; RenewDeadline &gt; 1.2 × RetryPeriod</c>. The gap between the first two is the time that a leader
/// which lost
/// its connection has to end its work before another one may begin; clocks may run at different rates as long as it covers the difference.
/// </remarks>
public sealed class LeaderElectionOptions
{
    /// <summary>The name of the Lease: the same in all copies, and in no other program of its namespace.</summary>
    /// <value><see langword="null"/> by default: the field manager.</value>
    public string? LeaseName { get; set; }

    /// <summary>The namespace of the Lease.</summary>
    /// <value><see langword="null"/> by default: in a cluster, the pod's. Outside of one it must be set.</value>
    public string? LeaseNamespace { get; set; }

    /// <summary>Who this process is. No other process may ever use the same.</summary>
    /// <value><see langword="null"/> by default: the machine's name (in a cluster, the pod's) and a random part.</value>
    public string? Identity { get; set; }

    /// <summary>How long the others wait, after they have last seen the leader renew, before they take the lease.</summary>
    /// <value>15 seconds by default. Sent in whole seconds, rounded up; at least one second.</value>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the leader goes on without a renewal that succeeded. Then it cancels its reconciles and writes no more.</summary>
    /// <value>10 seconds by default.</value>
    public TimeSpan RenewDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait between two attempts: to renew, and (drawn between this and 2.2 times this) to take the lease.</summary>
    /// <value>2 seconds by default.</value>
    public TimeSpan RetryPeriod { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Give the lease back when the host stops, so that another copy can take over at once. It is never given back while a reconcile still runs.
    /// </summary>
    /// <value><see langword="true"/> by default.</value>
    public bool ReleaseOnStop { get; set; } = true;
}
