using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace CrMonitor.SampleOperator.Tests;

public sealed class EndToEndTests
{
    [Fact]
    public async Task Embedded_it_makes_the_sample_ready_tells_where_everything_is_and_ends_with_0_on_SIGTERM()
    {
        await using var process = await OperatorProcess.StartEmbeddedAsync();
        using var transport = process.CreateTransport();
        var cluster = new ClusterClient(transport);

        await cluster.WaitForReadyAsync("web");

        Assert.Contains($"API server   {transport.BaseUri.GetLeftPart(UriPartial.Authority)}", process.Output, StringComparison.Ordinal);
        Assert.Contains($"export KUBECONFIG={process.KubeConfig}", process.Output, StringComparison.Ordinal);
        Assert.Contains("kubectl get app", process.Output, StringComparison.Ordinal);
        await process.WaitForOutputAsync("Running, Ready True (DeploymentReady): 3 of 3 replicas are available.");
        Assert.DoesNotContain("Microsoft.", process.Output, StringComparison.Ordinal);

        using var http = new HttpClient();
        Assert.EndsWith(
            "readyz check passed\n",
            await http.GetStringAsync(process.Serving("health"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.Equal(3, (await Metrics.ScrapeAsync(process.Serving("metrics"))).Value(
            "application_observed_replicas", ("namespace", "default"), ("name", "web")));

        Assert.Equal(0, await process.TerminateAsync());
        Assert.Equal("", process.Error);
    }

    [Fact]
    public async Task Json_logs_are_one_object_a_line_with_the_fields_of_the_reconcile()
    {
        await using var process = await OperatorProcess.StartEmbeddedAsync("--log-format", "json");
        await process.WaitForOutputAsync("Created Deployment web-deployment");

        var lines = process.Lines.Select(line => JsonNode.Parse(line)!.AsObject()).ToList();

        var created = lines.First(line => ((string)line["message"]!).StartsWith("Created Deployment", StringComparison.Ordinal));
        Assert.Equal("information", (string?)created["level"]);
        Assert.Equal("Application", (string?)created["kind"]);
        Assert.Equal("default", (string?)created["namespace"]);
        Assert.Equal("web", (string?)created["name"]);
        Assert.True(Guid.TryParse((string?)created["uid"], out _));
        Assert.True(Guid.TryParse((string?)created["reconcileId"], out _));
        Assert.Contains(lines, line => (string?)line["url"] == process.Serving("health").ToString());
        Assert.Equal(0, await process.TerminateAsync());
    }

    [Theory]
    [InlineData("--no-such-flag")]
    [InlineData("--metrics-bind-address", "nowhere")]
    [InlineData("--kubeconfig", "/does/not/exist")]
    public async Task A_wrong_flag_is_one_line_and_exit_code_2(params string[] arguments)
    {
        await using var process = OperatorProcess.Start(arguments);

        Assert.Equal(2, await process.WaitForExitAsync());
        AssertOneLine(process.Error, arguments[^1]);
        Assert.Equal("", process.Output);
    }

    [Theory]
    [InlineData("--metrics-bind-address")]
    [InlineData("--embedded-port")]
    public async Task A_port_in_use_is_one_line_and_exit_code_2(string flag)
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();
        var port = ((IPEndPoint)occupant.LocalEndpoint).Port;
        var kubeConfig = Path.Combine(Path.GetTempPath(), $"crmonitor-{Guid.NewGuid():N}.kubeconfig");

        await using var process = OperatorProcess.Start(
            flag == "--embedded-port"
                ? ["--embedded", "--kubeconfig-out", kubeConfig, "--embedded-port", $"{port}", "--metrics-bind-address=0", "--health-probe-bind-address=0"]
                : ["--embedded", "--kubeconfig-out", kubeConfig, "--metrics-bind-address", $"127.0.0.1:{port}", "--health-probe-bind-address=0"]);

        Assert.Equal(2, await process.WaitForExitAsync());
        AssertOneLine(process.Error, "already in use");
        Assert.Contains(flag, process.Error, StringComparison.Ordinal);
        Assert.Contains($"{port}", process.Error, StringComparison.Ordinal);
        Assert.Equal("", process.Output);
        Assert.False(File.Exists(kubeConfig), "nothing was started, so nothing was written");
    }

    [Fact]
    public async Task SIGTERM_while_it_waits_for_its_cluster_ends_it_with_0()
    {
        var kubeConfig = await WriteKubeConfigOfNobodyAsync();
        await using var process = OperatorProcess.Start(
            "--kubeconfig", kubeConfig, "--install-crd", "--metrics-bind-address=0", "--health-probe-bind-address=0");
        await process.WaitForOutputAsync("The cluster cannot be prepared yet");

        Assert.Equal(0, await process.TerminateAsync());
        Assert.Equal("", process.Error);
        File.Delete(kubeConfig);
    }

    [Fact]
    public async Task An_election_without_a_namespace_for_its_lease_is_one_line_that_names_the_flag()
    {
        var kubeConfig = await WriteKubeConfigOfNobodyAsync();
        await using var process = OperatorProcess.Start(
            "--kubeconfig", kubeConfig, "--leader-elect", "--metrics-bind-address=0", "--health-probe-bind-address=0");

        Assert.Equal(2, await process.WaitForExitAsync());
        AssertOneLine(process.Error, "--leader-election-namespace");
        Assert.Equal("", process.Output);
        File.Delete(kubeConfig);
    }

    private static async Task<string> WriteKubeConfigOfNobodyAsync()
    {
        var kubeConfig = Path.Combine(Path.GetTempPath(), $"crmonitor-{Guid.NewGuid():N}.kubeconfig");
        await File.WriteAllTextAsync(kubeConfig, """
            apiVersion: v1
            kind: Config
            clusters: [{ name: gone, cluster: { server: "http://127.0.0.1:1" } }]
            contexts: [{ name: gone, context: { cluster: gone, user: me } }]
            users: [{ name: me, user: { token: mine } }]
            current-context: gone
            """, TestContext.Current.CancellationToken);
        return kubeConfig;
    }

    private static void AssertOneLine(string error, string part)
    {
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }
}
