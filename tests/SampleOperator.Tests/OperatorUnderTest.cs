using CrMonitor.ApiServer;
using CrMonitor.Informers;
using CrMonitor.Tests;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator.Tests;

/// <summary>The operator and an embedded server in this process, so that a test can look at both and make either fail.</summary>
internal sealed class OperatorUnderTest : IAsyncDisposable
{
    private readonly HttpMessageHandlerTransport _clusterTransport;
    private readonly HttpMessageHandlerTransport _operatorTransport;
    private readonly HttpClient _http = new();

    private OperatorUnderTest(EmbeddedApiServer server, OperatorSettings settings, Func<string, string?> environment)
    {
        Server = server;
        _clusterTransport = new HttpMessageHandlerTransport(server.Url, server.CreateHandler(), disposeHandler: true);
        _operatorTransport = new HttpMessageHandlerTransport(server.Url, new SocketsHttpHandler(), disposeHandler: true);
        Cluster = new ClusterClient(_clusterTransport);
        Requests = new RecordingTransport(_operatorTransport);
        Host = OperatorHost.Create(settings, Requests, environment);
    }

    public EmbeddedApiServer Server { get; }

    public IHost Host { get; }

    /// <summary>What others do at the server.</summary>
    public ClusterClient Cluster { get; }

    /// <summary>What the operator does at the server.</summary>
    public RecordingTransport Requests { get; }

    /// <summary>Where metrics and health are served: both settings name the same address, so that there is one listener.</summary>
    public Uri Url => new(Host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static OperatorSettings Settings { get; } = new()
    {
        KubeConfigOut = "",
        InstallCrd = true,
        Metrics = new BindAddress("127.0.0.1", 0),
        HealthProbes = new BindAddress("127.0.0.1", 0),
        LogLevel = LogLevel.None,
    };

    /// <summary>Starts both. Replicas become available in quick succession.</summary>
    public static async Task<OperatorUnderTest> StartAsync(
        OperatorSettings? settings = null, bool startOperator = true, Func<string, string?>? environment = null)
    {
        var server = await EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions { ReplicaReadyInterval = TimeSpan.FromMilliseconds(10) });
        var operatorUnderTest = new OperatorUnderTest(server, settings ?? Settings, environment ?? (_ => null));
        if (startOperator)
        {
            await operatorUnderTest.StartOperatorAsync();
        }

        return operatorUnderTest;
    }

    public async Task StartOperatorAsync()
    {
        await Host.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(async () => (await ReadyzAsync()).IsReady, "the operator is ready");
    }

    public async Task<(bool IsReady, string Text)> ReadyzAsync()
    {
        using var response = await _http.GetAsync(new Uri(Url, "/readyz?verbose"), TestContext.Current.CancellationToken);
        return (response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public Task<Metrics> ScrapeAsync() => Metrics.ScrapeAsync(new Uri(Url, "/metrics"));

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync(CancellationToken.None);
        Host.Dispose();
        _http.Dispose();
        _operatorTransport.Dispose();
        _clusterTransport.Dispose();
        await Server.DisposeAsync();
    }
}
