using CrMonitor.Tests;

namespace CrMonitor.SampleOperator.Tests;

public sealed class KubectlTests : IAsyncLifetime
{
    private OperatorProcess? _process;

    private Kubectl Kubectl => new(_process!.KubeConfig);

    public async ValueTask InitializeAsync()
    {
        if (Kubectl.IsInstalled)
        {
            _process = await OperatorProcess.StartEmbeddedAsync();
        }
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Kubectl_gets_applies_patches_watches_describes_and_deletes_Applications()
    {
        Assert.SkipUnless(Kubectl.IsInstalled, "kubectl is not installed on this machine.");
        var kubectl = Kubectl;

        using var watch = kubectl.Start("get", "app", "-w", "--no-headers");
        var watched = new List<string>();
        var watching = ReadAsync(watch.StandardOutput, watched);

        await kubectl.RunAsync("wait", "--for=condition=Ready", "app/web", "--timeout=30s");
        var table = await kubectl.RunAsync("get", "applications");
        Assert.Matches(@"^NAME +IMAGE +REPLICAS +AVAILABLE +READY +AGE\n", table);
        Assert.Matches(@"\nweb +nginx:1\.27 +3 +3 +True +\d+s\n", table);

        await kubectl.ApplyAsync("""
            apiVersion: example.com/v1
            kind: Application
            metadata:
              name: shop
            spec:
              image: shop:2
              replicas: 1
            """);
        await kubectl.RunAsync("wait", "--for=condition=Ready", "app/shop", "--timeout=30s");
        Assert.Matches(@"shop-deployment +1/1", await kubectl.RunAsync("get", "deployments"));

        await kubectl.RunAsync("patch", "app", "web", "--type", "merge", "-p", """{"spec":{"replicas":5}}""");
        await Eventually.TrueAsync(
            async () => (await kubectl.RunAsync("get", "app", "web", "-o", "jsonpath={.status.availableReplicas}")) == "5", "five replicas are available");
        await kubectl.RunAsync("wait", "--for=condition=Ready", "app/web", "--timeout=30s");

        var (exitCode, _, error) = await kubectl.TryRunAsync(null, "patch", "app", "web", "--type", "merge", "-p", """{"spec":{"replicas":30}}""");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("spec.replicas", error, StringComparison.Ordinal);
        Assert.Contains("less than or equal to 10", error, StringComparison.Ordinal);

        // Events are written in the background.
        var description = "";
        await Eventually.TrueAsync(
            async () =>
                (description = await kubectl.RunAsync("describe", "app", "web")).Contains(
                    "Scaled Deployment web-deployment from 3 to 5", StringComparison.Ordinal),
            "the scaling is described");
        Assert.Contains("Created Deployment web-deployment", description, StringComparison.Ordinal);

        await kubectl.RunAsync("delete", "app", "web", "--timeout=30s");
        Assert.DoesNotContain("web", await kubectl.RunAsync("get", "app", "-o", "name"), StringComparison.Ordinal);
        await Eventually.TrueAsync(
            async () => !(await kubectl.RunAsync("get", "deployments", "-o", "name")).Contains("web-deployment", StringComparison.Ordinal), "its Deployment is gone");

        await Eventually.TrueAsync(
            () =>
            {
                lock (watched)
                {
                    return watched.Any(line => line.StartsWith("shop", StringComparison.Ordinal))
                        && watched.Any(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["web", _, "5", "5", "True", _]);
                }
            },
            "the watch has shown the new Application and the scaled one");
        watch.Kill();
        await watching;
    }

    private static async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (lines)
            {
                lines.Add(line);
            }
        }
    }
}
