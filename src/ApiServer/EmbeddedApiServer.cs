using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.BuiltInControllers;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;
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
    private readonly ObjectStore _store;
    private readonly ActiveRequests _active = new();
    private readonly ApiEndpoint _endpoint;
    private readonly ObjectAccess _access;
    private readonly ILoggerFactory _loggers;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _stopping = new();

    // _gate lets one start or stop of the listener finish before the next begins; it guards _listener and _port.
    private readonly SemaphoreSlim _gate = new(1);
    private volatile Listener? _listener;
    private Task _controllers = Task.CompletedTask;
    private int _port;

    private EmbeddedApiServer(EmbeddedApiServerOptions options)
    {
        _options = options;
        _port = options.Port;
        _loggers = options.LoggerFactory ?? NullLoggerFactory.Instance;
        _certificate = options.UsesTls ? ServerCertificate.Create() : null;
        CertificatePem = _certificate?.ExportCertificatePem();
        _store = new ObjectStore(options.TimeProvider, options.MaximumLogLength, options.MaximumLogAge);
        Faults = new FaultInjector(_active);

        var registry = new ResourceRegistry(options.TimeProvider);
        var writer = new ResourceWriter(_store, registry);
        _ = new CustomResourceServing(_store, registry, writer);
        CreateNamespaces(registry, writer);
        var resources = new ResourceEndpoint(_store, registry, writer, new TableConverter(options.TimeProvider), options.BookmarkInterval, () => _stopping.Token);
        _access = new ObjectAccess(_store, registry, writer);
        _endpoint = new ApiEndpoint(
            resources,
            new DiscoveryEndpoint(registry),
            new Authentication(options.BearerToken),
            _active,
            Faults,
            options.TimeProvider,
            _loggers.CreateLogger<EmbeddedApiServer>());
    }

    /// <summary>The address, such as <c>http://127.0.0.1:39075</c> (<c>https</c> with TLS). It stays the same while the server stops and starts listening.</summary>
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

    /// <summary>The certificate that the server shows, in PEM, for clients that are to trust it and read no kubeconfig; <see langword="null"/> without TLS.</summary>
    public string? CertificatePem { get; }

    /// <summary>Makes the server fail on demand.</summary>
    public FaultInjector Faults { get; }

    /// <summary>The revision of the latest write: the highest <c>resourceVersion</c> there is.</summary>
    public long Revision => _store.Revision;

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

    /// <summary>Listens again, on the same port and with the same objects, after <see cref="StopListeningAsync"/>. Does nothing if it listens.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The port has been taken meanwhile.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped for good.</exception>
    public async Task StartListeningAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            if (_listener is null)
            {
                _listener = await Listener.StartAsync(_port, _certificate, _endpoint, _loggers, cancellationToken);
                _port = _listener.Port;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Breaks all connections and refuses new ones, as a server does that has crashed; its objects stay. Does nothing if it does not listen.</summary>
    public async Task StopListeningAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_listener is { } listener)
            {
                _listener = null;
                _active.AbortAll();
                await listener.DisposeAsync();
            }
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
        await _controllers;
    }

    /// <summary>
    /// Forgets all changes up to now, as etcd does on compaction: watches and paged lists that would go on from an earlier resourceVersion are answered with 410.
    /// Open watches go on.
    /// </summary>
    /// <returns>The revision up to which everything is forgotten.</returns>
    public long Compact() => _store.Compact();

    /// <summary>Makes a handler for <see cref="HttpClient"/> that reaches the server without a socket, through everything else that it has.</summary>
    /// <remarks>
    /// Answers are there as soon as their headers are, so that watches can be read. While the server does not listen, requests fail as if their connection were refused.
    /// </remarks>
    public HttpMessageHandler CreateHandler() => new InMemoryHandler(_endpoint, () => _listener is not null);

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
        var controllers = new List<IBuiltInController>();
        if (_options.RunsDeploymentController)
        {
            controllers.Add(new DeploymentController(_access, time, _options.ReplicaReadyInterval, _loggers.CreateLogger<DeploymentController>()));
        }

        if (_options.RunsGarbageCollector)
        {
            controllers.Add(new GarbageCollector(_access, time, _loggers.CreateLogger<GarbageCollector>()));
        }

        if (_options.RunsNamespaceController)
        {
            controllers.Add(new NamespaceController(_access, time, _loggers.CreateLogger<NamespaceController>()));
        }

        // On the thread pool, whatever the scheduler of the caller: the server must not stop because a test blocks.
        _controllers = Task.WhenAll(controllers.Select(controller => Task.Run(() => controller.RunAsync(_stopping.Token))));
    }

    private static void CreateNamespaces(ResourceRegistry registry, ResourceWriter writer)
    {
        var namespaces = registry.Find("", "v1", "namespaces")!;
        foreach (var name in (ReadOnlySpan<string>)["default", "kube-system"])
        {
            var obj = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } };
            writer.Create(namespaces, "", obj, new WriteOptions { FieldManager = "crmonitor" });
        }
    }
}
