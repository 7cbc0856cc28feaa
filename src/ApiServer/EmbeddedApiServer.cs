using System.Security.Cryptography.X509Certificates;
using System.Text;
using CrMonitor.ApiServer.BuiltInControllers;
using CrMonitor.ApiServer.Faults;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrMonitor.ApiServer;

/// <summary>A Kubernetes API server inside this process, with an empty cluster: what tests and demos of operators need of one.</summary>
/// <remarks>
/// It listens on the loopback address alone, keeps everything in memory, and reads no configuration. TLS and a bearer token are options;
/// there is no access control beyond.
/// Its objects are gone when it is disposed. All members may be called from any thread.
/// </remarks>
public sealed class EmbeddedApiServer : IAsyncDisposable
{
    private readonly EmbeddedApiServerOptions _options;
    private readonly ActiveRequests _active = new();
    private readonly ILoggerFactory _loggers;
    private readonly ControlEndpoint? _control;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _stopping = new();

    // _gate lets one start or stop finish before the next begins; it is held for writes of the fields below.
    private readonly SemaphoreSlim _gate = new(1);
    private volatile Cluster _cluster;
    private volatile Listener? _listener;
    private PortReservation? _reservation;
    private CancellationTokenSource _controllersEnd = new();
    private Task _controllers = Task.CompletedTask;
    private int _port;

    private EmbeddedApiServer(EmbeddedApiServerOptions options)
    {
        _options = options;
        _port = options.Port;
        _loggers = options.LoggerFactory ?? NullLoggerFactory.Instance;
        _certificate = options.UsesTls ? ServerCertificate.Create() : null;
        CertificatePem = _certificate?.ExportCertificatePem();
        Requests = new RequestLog(options.MaximumRecordedRequests);
        Faults = new FaultInjector(_active);
        _control = options.ServesControl
            ? new ControlEndpoint(this, options.TimeProvider, _loggers.CreateLogger<ControlEndpoint>(), _stopping.Token)
            : null;
        _cluster = CreateCluster();
        Storage = new ServerStorage(() => _cluster);
    }

    /// <summary>
    /// The address, such as <c>http://127.0.0.1:39075</c> (<c>https</c> with TLS). It stays the same while the server stops and starts listening.
    /// </summary>
    public Uri Url => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{_port}");

    /// <summary>
    /// A kubeconfig (YAML) for kubectl and client libraries. Its one context is <c>crmonitor</c>. Where the server asks for no token, there is one
    /// all the same, because some libraries refuse a user that has none.
    /// </summary>
    public string KubeConfig => $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: crmonitor
          cluster:
            server: {Url.GetLeftPart(UriPartial.Authority)}{AuthorityLine()}
        contexts:
        - name: crmonitor
          context:
            cluster: crmonitor
            namespace: default
            user: crmonitor
        current-context: crmonitor
        users:
        - name: crmonitor
          user:
            token: {_options.BearerToken ?? "crmonitor"}

        """;

    /// <summary>
    /// The certificate that the server shows, in PEM, for clients that are to trust it and read no kubeconfig; <see langword="null"/> without TLS.
    /// </summary>
    public string? CertificatePem { get; }

    /// <summary>Makes the server fail on demand.</summary>
    public FaultInjector Faults { get; }

    /// <summary>What has been asked of the server.</summary>
    public RequestLog Requests { get; }

    /// <summary>The objects, without the API between: for arranging a test and for looking at what it has left.</summary>
    public ServerStorage Storage { get; }

    /// <summary>The revision of the latest write: the highest <c>resourceVersion</c> there is.</summary>
    public long Revision => _cluster.Store.Revision;

    internal ObjectStore Store => _cluster.Store;

    /// <summary>Starts a server and returns when it listens.</summary>
    /// <param name="options">How it runs; all defaults if omitted.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<EmbeddedApiServer> StartAsync(EmbeddedApiServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        var server = new EmbeddedApiServer(options ?? new EmbeddedApiServerOptions());
        try
        {
            await server.StartListeningAsync(cancellationToken);
            server.StartControllers();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Listens again, on the same port and with the same objects, after <see cref="StopListeningAsync"/>. Does nothing if it listens.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The port has been taken meanwhile: see <see cref="StopListeningAsync"/>.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped for good.</exception>
    public async Task StartListeningAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await StartListenerAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Breaks all connections and refuses new ones, as a server does that has crashed; its objects stay. Does nothing if it does not listen.
    /// </summary>
    /// <remarks>
    /// On Linux the port stays reserved, so that the system gives it to nobody else; a program that asks for this very port can still take it.
    /// Elsewhere the port is free until the server listens again.
    /// </remarks>
    public async Task StopListeningAsync()
    {
        await _gate.WaitAsync();
        try
        {
            await StopListenerAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Breaks all connections and listens again on the same port, as a server does that has crashed and come back. Faults and recorded requests stay.
    /// </summary>
    /// <param name="keepsData">
    /// False to come back as a new server without objects, whose revisions begin again. Clients that go on from a revision of before wait for one
    /// that has yet to come.
    /// </param>
    /// <param name="cancellationToken">Gives up; the server may be left without listening.</param>
    /// <exception cref="IOException">The port has been taken meanwhile: see <see cref="StopListeningAsync"/>.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped for good.</exception>
    public async Task RestartAsync(bool keepsData = true, CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await StopListenerAsync();
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            if (!keepsData)
            {
                await StopControllersAsync();
                _cluster = CreateCluster();
                StartControllers();
            }

            await StartListenerAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Stops for good: ends open watches in good order, then everything else.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await StopListeningAsync();

        // From now on nobody listens again, and so takes another one.
        _reservation?.Dispose();
        await StopControllersAsync();
        if (_control is not null)
        {
            await _control.Restarted;
        }
    }

    /// <summary>
    /// Forgets all changes up to now, as etcd does on compaction: watches and paged lists that would go on from an earlier resourceVersion are
    /// answered with 410. Open watches go on.
    /// </summary>
    /// <returns>The revision up to which everything is forgotten.</returns>
    public long Compact() => _cluster.Store.Compact();

    /// <summary>Makes a handler for <see cref="HttpClient"/> that reaches the server without a socket, through everything else that it has.</summary>
    /// <remarks>
    /// Answers are there as soon as their headers are, so that watches can be read. While the server does not listen, requests fail as if their
    /// connection were refused.
    /// </remarks>
    public HttpMessageHandler CreateHandler() => new InMemoryHandler(() => _listener is null ? null : _cluster.Endpoint);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _certificate?.Dispose();
    }

    private string AuthorityLine() =>
        CertificatePem is null ? "" : $"\n    certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(CertificatePem))}";

    private void StartControllers()
    {
        var time = _options.TimeProvider;
        var access = _cluster.Access;
        var end = _controllersEnd = new CancellationTokenSource();
        var controllers = new List<IBuiltInController>();
        if (_options.RunsDeploymentController)
        {
            controllers.Add(new DeploymentController(access, time, _loggers.CreateLogger<DeploymentController>()));
        }

        if (_options.RunsReplicaSetController)
        {
            controllers.Add(new ReplicaSetController(access, time, _loggers.CreateLogger<ReplicaSetController>()));
        }

        if (_options.RunsPodController)
        {
            controllers.Add(new PodController(access, time, _options.ReplicaReadyInterval, _loggers.CreateLogger<PodController>()));
        }

        if (_options.RunsGarbageCollector)
        {
            controllers.Add(new GarbageCollector(access, time, _loggers.CreateLogger<GarbageCollector>()));
        }

        if (_options.RunsNamespaceController)
        {
            controllers.Add(new NamespaceController(access, time, _loggers.CreateLogger<NamespaceController>()));
        }

        // On the thread pool, whatever the scheduler of the caller: the server must not stop because a test blocks.
        _controllers = Task.WhenAll(controllers.Select(controller => Task.Run(() => controller.RunAsync(end.Token))));
    }

    private async Task StopControllersAsync()
    {
        await _controllersEnd.CancelAsync();
        await _controllers;
    }

    private async Task StartListenerAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        if (_listener is null)
        {
            if (_reservation is null && PortReservation.IsPossible)
            {
                _reservation = PortReservation.Take(_port);
                _port = _reservation.Port;
            }

            _listener = await Listener.StartAsync(_port, _certificate, _cluster.Endpoint, _loggers, cancellationToken);
            _port = _listener.Port;
        }
    }

    private async Task StopListenerAsync()
    {
        if (_listener is { } listener)
        {
            _listener = null;
            _active.AbortAll();
            await listener.DisposeAsync();
        }
    }

    private Cluster CreateCluster() =>
        new(_options, _active, Requests, Faults, _control, _loggers.CreateLogger<EmbeddedApiServer>(), _stopping.Token);
}
