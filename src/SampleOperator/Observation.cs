using k8s.Models;

namespace CrMonitor.SampleOperator;

/// <summary>What one pass of the reconciler found: all that the status of an Application depends on besides the Application itself.</summary>
internal abstract record Observation
{
    /// <summary>The Application has its Deployment, and this is it.</summary>
    public sealed record Deployed(V1Deployment Deployment) : Observation;

    /// <summary>There is no Deployment to speak of, or not the right one.</summary>
    /// <param name="Reason">One of the reasons in <see cref="ApplicationConditions"/>.</param>
    /// <param name="Message">What is in the way and what to do about it.</param>
    /// <param name="Deployment">The Application's own Deployment as last seen, if it has one.</param>
    public sealed record Blocked(string Reason, string Message, V1Deployment? Deployment = null) : Observation;

    /// <summary>The Application is being deleted.</summary>
    public sealed record Terminating : Observation;
}
