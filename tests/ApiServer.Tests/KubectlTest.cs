using CrMonitor.Tests;

namespace CrMonitor.ApiServer.Tests;

/// <summary>
/// A server for each test, on a socket and with the system's clock, and this machine's kubectl, without which the tests are skipped.
/// </summary>
public abstract class KubectlTest : IAsyncLifetime
{
    /// <summary>A Deployment <c>web</c> of two replicas, and its Service.</summary>
    protected const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, labels: {app: web}}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: c, image: "nginx:1", ports: [{containerPort: 80}]}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{port: 80}]}
        """;

    /// <summary>An object of the kind of <see cref="DefineAppsAsync"/>.</summary>
    protected const string App = """
        apiVersion: example.com/v1
        kind: App
        metadata: {name: shop}
        spec: {image: "shop:1"}
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("crmonitor-kubectl-").FullName;
    private EmbeddedApiServer? _server;

    internal Kubectl Kubectl { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Kubectl.IsInstalled, "kubectl is not installed on this machine.");
        _server = await EmbeddedApiServer.StartAsync(
            new EmbeddedApiServerOptions { ReplicaReadyInterval = TimeSpan.FromMilliseconds(10) }, TestContext.Current.CancellationToken);
        var path = Path.Combine(_directory, "kubeconfig");
        await File.WriteAllTextAsync(path, _server.KubeConfig, TestContext.Current.CancellationToken);
        Kubectl = new Kubectl(path, Path.Combine(_directory, "cache"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Serves <c>App</c> of example.com, short name <c>ap</c>, with status and scale.</summary>
    protected async Task DefineAppsAsync()
    {
        await Kubectl.ApplyAsync("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: apps.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {kind: App, plural: apps, singular: app, shortNames: [ap]}
              versions:
              - name: v1
                served: true
                storage: true
                subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
                additionalPrinterColumns:
                - {name: Image, type: string, jsonPath: .spec.image}
                - {name: Replicas, type: integer, jsonPath: .spec.replicas, priority: 1}
                schema:
                  openAPIV3Schema:
                    description: App runs an image.
                    type: object
                    properties:
                      spec:
                        description: What is to run.
                        type: object
                        required: [image]
                        properties:
                          image: {type: string, description: The image.}
                          replicas: {type: integer, default: 1}
                      status: {type: object, x-kubernetes-preserve-unknown-fields: true}
            """);
        await Kubectl.RunAsync("wait", "--for=condition=Established", "crd/apps.example.com", "--timeout=60s");
    }

    protected async Task RollOutWebAsync()
    {
        await Kubectl.ApplyAsync(Web);
        await RolledOutAsync();
    }

    protected Task<string> RolledOutAsync() => Kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=60s");

    /// <summary>Runs a command that reads its manifest from the standard input and is to succeed.</summary>
    protected async Task<string> SendAsync(string manifest, params string[] arguments)
    {
        var (exitCode, output, error) = await Kubectl.TryRunAsync(manifest, [.. arguments, "-f", "-"]);
        Assert.True(exitCode == 0, $"kubectl {string.Join(' ', arguments)} ended with {exitCode}:\n{output}{error}");
        return output;
    }
}
