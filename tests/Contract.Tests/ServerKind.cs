namespace CrMonitor.Contract.Tests;

/// <summary>Which server a case runs on.</summary>
public enum ServerKind
{
    /// <summary>CrMonitor's own, in this process.</summary>
    Embedded,

    /// <summary>The Kubernetes API server of the kubeconfig that <c>CRMONITOR_TEST_KUBECONFIG</c> names.</summary>
    Real,
}
