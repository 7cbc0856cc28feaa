using System.Net;
using System.Text.Json.Nodes;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s;

namespace CrMonitor.SampleOperator.Tests;

/// <summary>
/// The operator on a real Kubernetes API server. Nothing runs Deployments there (the kind is a stand-in), so that the test reports their replicas
/// itself.
/// </summary>
public sealed class RealServerTests
{
    [Fact]
    public async Task On_a_real_API_server_it_does_the_same_within_the_namespace_that_it_is_given()
    {
        var kubeConfig = Environment.GetEnvironmentVariable("CRMONITOR_TEST_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(kubeConfig), "CRMONITOR_TEST_KUBECONFIG does not name the kubeconfig of a real API server.");

        var ns = $"t-{Guid.NewGuid():N}";
        using var transport = new KubernetesTransport(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeConfig));
        var cluster = new ClusterClient(transport);
        await using var process = OperatorProcess.Start(
            "--kubeconfig", kubeConfig!, "--install-crd", "--namespace", ns, "--metrics-bind-address=0", "--health-probe-bind-address=0");
        await process.WaitForOutputAsync("Started");

        await cluster.CreateApplicationAsync("elsewhere", ns: ns + "-other");
        await cluster.CreateApplicationAsync("web", replicas: 2, ns: ns);
        await cluster.WaitForReadyAsync("web", "False/Creating", ns);

        await cluster.PatchAsync(ClusterClient.DeploymentPath("web-deployment", ns) + "/status", """{ "status": { "availableReplicas": 2 } }""");
        await cluster.WaitForReadyAsync("web", ns: ns);
        var version = await VersionAsync();

        // Another Application's start is time enough for a write that should not be.
        await cluster.CreateApplicationAsync("other", ns: ns);
        await cluster.WaitForReadyAsync("other", "False/Creating", ns);
        Assert.Equal(version, await VersionAsync());

        await cluster.PatchAsync(ClusterClient.ApplicationPath("web", ns), """{ "spec": { "replicas": 3, "ports": [] } }""");
        await Eventually.TrueAsync(
            async () => (await cluster.GetDeploymentAsync("web-deployment", ns))!["spec"] is { } spec
                && (int?)spec["replicas"] == 3 && spec["template"]!["spec"]!["containers"]![0]!["ports"] is null or JsonArray { Count: 0 },
            "the Deployment follows");
        await cluster.WaitForReadyAsync("web", "False/Progressing", ns);

        var (status, body) = await cluster.SendAsync(
            HttpMethod.Patch, ClusterClient.ApplicationPath("web", ns), "application/merge-patch+json", """{ "spec": { "replicas": 30 } }""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("spec.replicas", (string?)body["message"], StringComparison.Ordinal);

        await cluster.DeleteAsync(ClusterClient.ApplicationPath("other", ns));
        await cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath("other", ns));
        await cluster.DeleteAsync(ClusterClient.ApplicationPath("web", ns));
        await cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath("web", ns));
        await cluster.WaitUntilGoneAsync(ClusterClient.DeploymentPath("web-deployment", ns));

        Assert.Null(await cluster.GetDeploymentAsync("elsewhere-deployment", ns + "-other"));
        await cluster.DeleteAsync(ClusterClient.ApplicationPath("elsewhere", ns + "-other"));
        Assert.Equal(0, await process.TerminateAsync());

        async Task<string?> VersionAsync() => (string?)(await cluster.GetApplicationAsync("web", ns))!["metadata"]!["resourceVersion"];
    }
}
