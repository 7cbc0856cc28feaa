namespace CrMonitor.Controllers;

/// <summary>Whether this copy of the program is the one that works. A service of the host; may be used from any thread.</summary>
/// <remarks>Without <see cref="CrMonitorOptions.LeaderElection"/> it always is.</remarks>
public interface ILeadership
{
    /// <summary>
    /// This process may work now. It becomes false at the renew deadline, which lies before the instant at which another process can begin.
    /// </summary>
    bool IsLeader { get; }

    /// <summary>The present term; <see langword="null"/> while this process does not lead, and where nobody is elected.</summary>
    LeadershipTerm? Term { get; }

    /// <summary>The identity of the leader as last seen; <see langword="null"/> if there is none, and where nobody is elected.</summary>
    string? Holder { get; }

    /// <summary>Completes as soon as this process leads.</summary>
    /// <returns>The term that has begun; <see langword="null"/> where nobody is elected.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<LeadershipTerm?> WaitAsync(CancellationToken cancellationToken = default);
}
