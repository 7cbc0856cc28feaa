using CrMonitor.ApiServer;

namespace CrMonitor.SampleOperator.Tests;

[Collection(InProcess.Name)]
public sealed class LeastPrivilegeTests
{
    [Fact]
    public async Task The_rules_of_the_manifest_allow_all_that_the_operator_does_in_the_life_of_an_Application()
    {
        var manifest = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "rbac.yaml"), TestContext.Current.CancellationToken);
        await using var sample = await OperatorUnderTest.StartAsync(
            OperatorUnderTest.Settings with { LeaderElect = true, LeaderElectionNamespace = "default" });

        await sample.Cluster.CreateApplicationAsync("web", replicas: 2);
        await sample.Cluster.WaitForReadyAsync("web");
        await sample.Cluster.DeleteAsync(ClusterClient.ApplicationPath("web"));
        await sample.Cluster.WaitUntilGoneAsync(ClusterClient.ApplicationPath("web"));

        // The lease is given back at the end.
        await sample.Host.StopAsync(TestContext.Current.CancellationToken);

        // The definition is installed by an administrator as a rule, and Applications are made and deleted by this test.
        var asked = sample.Server.Requests.Latest(static request =>
            request.Resource != "customresourcedefinitions" && !(request.Resource == "applications" && request.Verb is "create" or "delete"));
        Assert.Empty(RbacRules.Parse(manifest).MissingFor(asked));
        Assert.Contains(new Permission("apps", "deployments", "patch"), asked.Select(static request => request.Permission));
        Assert.Contains(new Permission("example.com", "applications/status", "patch"), asked.Select(static request => request.Permission));
        Assert.Contains(new Permission("coordination.k8s.io", "leases", "update"), asked.Select(static request => request.Permission));
    }
}
