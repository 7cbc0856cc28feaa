namespace CrMonitor.Contract.Tests;

/// <summary>Which server a case runs against.</summary>
public enum ServerUnderTest
{
    /// <summary><c>CrMonitor.ApiServer</c>.</summary>
    Embedded,

    /// <summary>The Kubernetes API server of the kubeconfig that <c>CRMONITOR_TEST_KUBECONFIG</c> names.</summary>
    Real,
}
