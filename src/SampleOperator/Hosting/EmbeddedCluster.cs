using CrMonitor.ApiServer;
using CrMonitor.Informers;

namespace CrMonitor.SampleOperator;

/// <summary>An API server in this process, and the way to it. The operator reaches it over HTTP, as it would reach any other.</summary>
internal sealed class EmbeddedCluster : IAsyncDisposable
{
    private readonly EmbeddedApiServer _server;
    private readonly KubernetesTransport _transport;

    private EmbeddedCluster(EmbeddedApiServer server)
    {
        _server = server;
        _transport = new KubernetesTransport(Informers.KubeConfig.Parse(server.KubeConfig));
    }

    public Uri Url => _server.Url;

    /// <summary>The kubeconfig that leads kubectl and other clients to the server.</summary>
    public string KubeConfig => _server.KubeConfig;

    public IKubeTransport Transport => _transport;

    /// <exception cref="UsageException">The port is taken.</exception>
    public static async Task<EmbeddedCluster> StartAsync(OperatorSettings settings)
    {
        try
        {
            return new EmbeddedCluster(await EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions { Port = settings.EmbeddedPort }));
        }
        catch (Exception exception) when (ListenFailure.Describe(exception) is { } why)
        {
            throw new UsageException($"--embedded-port {settings.EmbeddedPort}: {why}. Choose another port, or leave it out for a free one.", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _transport.Dispose();
        await _server.DisposeAsync();
    }
}
