using CrMonitor.Tests;

namespace CrMonitor.SampleOperator.Tests;

[Collection(InProcess.Name)]
public sealed class ServerOutageTests
{
    [Fact]
    public async Task While_the_server_is_gone_the_operator_is_not_ready_and_afterwards_it_catches_up_deletions_included()
    {
        await using var sut = await OperatorUnderTest.StartAsync();
        await sut.Cluster.CreateApplicationAsync("stays", replicas: 1);
        await sut.Cluster.CreateApplicationAsync("goes", replicas: 1);
        await sut.Cluster.WaitForReadyAsync("stays");
        await sut.Cluster.WaitForReadyAsync("goes");

        // What the operator's cache has not heard by then, it cannot hear of while the server is gone.
        await Eventually.TrueAsync(
            async () => (await sut.ScrapeAsync()).Value("application_phase", ("name", "goes"), ("phase", "Running")) == 1, "the cache shows it Running");

        await sut.Server.StopListeningAsync();
        await Eventually.TrueAsync(async () => !(await sut.ReadyzAsync()).IsReady, "the operator is not ready");
        Assert.Contains("applications.example.com", (await sut.ReadyzAsync()).Text, StringComparison.Ordinal);
        Assert.Equal(1, (await sut.ScrapeAsync()).Value("application_phase", ("name", "goes"), ("phase", "Running")));

        await sut.Server.StartListeningAsync(TestContext.Current.CancellationToken);
        await sut.Cluster.PatchAsync(ClusterClient.ApplicationPath("stays"), """{ "spec": { "replicas": 2 } }""");
        await sut.Cluster.PatchAsync(ClusterClient.ApplicationPath("goes"), """{ "metadata": { "finalizers": null } }""");
        await sut.Cluster.DeleteAsync(ClusterClient.ApplicationPath("goes"));
        sut.Server.Compact();

        await Eventually.TrueAsync(async () => (await sut.ReadyzAsync()).IsReady, "the operator is ready again");
        await Eventually.TrueAsync(
            async () => (int?)(await sut.Cluster.GetApplicationAsync("stays"))!["status"]!["availableReplicas"] == 2, "the change is caught up with");
        await Eventually.TrueAsync(
            async () => (await sut.ScrapeAsync()).Value("application_phase", ("name", "goes"), ("phase", "Running")) is null,
            "the series of the deleted Application are gone");
        await sut.Cluster.WaitUntilGoneAsync(ClusterClient.DeploymentPath("goes-deployment"));
    }

    [Fact]
    public async Task A_server_that_is_not_there_yet_is_waited_for()
    {
        await using var sut = await OperatorUnderTest.StartAsync(startOperator: false);
        await sut.Server.StopListeningAsync();

        var starting = sut.StartOperatorAsync();
        await Eventually.TrueAsync(() => sut.Requests.Writes.Count > 0, "the operator tries");
        Assert.False(starting.IsCompleted);

        await sut.Server.StartListeningAsync(TestContext.Current.CancellationToken);
        await starting;
        await sut.Cluster.CreateApplicationAsync("web", replicas: 1);
        await sut.Cluster.WaitForReadyAsync("web");
    }
}
