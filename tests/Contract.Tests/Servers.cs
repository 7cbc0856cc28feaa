using CrMonitor.ApiServer;

[assembly: AssemblyFixture(typeof(CrMonitor.Contract.Tests.Servers))]

// Cases mostly wait for a server, and some for a server's patience to end: more of them can be under way than there are processors.
[assembly: Xunit.v3.Parallelization(MaxThreads = 8)]

namespace CrMonitor.Contract.Tests;

/// <summary>The two servers, each with the kind <c>Widget</c> in an API group of its own; made when the first case needs them.</summary>
public sealed class Servers : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<ServerKind, Cluster> _clusters = [];
    private EmbeddedApiServer? _embedded;

    public async Task<Cluster> GetAsync(ServerKind kind)
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (!_clusters.TryGetValue(kind, out var cluster))
            {
                cluster = new Cluster(kind, kind == ServerKind.Real ? RealServer.Connect() : await ConnectEmbeddedAsync());
                await cluster.InstallWidgetsAsync();
                _clusters.Add(kind, cluster);
            }

            return cluster;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in _clusters.Values)
        {
            await cluster.DisposeAsync();
        }

        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
        }

        _gate.Dispose();
    }

    private async Task<HttpClient> ConnectEmbeddedAsync()
    {
        _embedded = await EmbeddedApiServer.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        return new HttpClient(_embedded.CreateHandler()) { BaseAddress = _embedded.Url };
    }
}
