using System.Net;
using k8s;

namespace CrMonitor.Informers;

/// <summary>Sends requests as KubernetesClient is configured to: its TLS, certificates, tokens and exec plugins, without its decoding and watching.</summary>
/// <remarks>
/// Keep one for each server: all requests share its connections. HTTP/2 connections are pinged while requests are open, so that a silent peer is noticed
/// within 30 seconds. May be used from any thread.
/// </remarks>
public sealed class KubernetesTransport : IKubeTransport, IDisposable
{
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);
    private const int StreamWindowSize = 2 * 1024 * 1024;
    private const string UserAgent = "crmonitor";

    private readonly Kubernetes _client;
    private readonly Version _version;
    private SocketsHttpHandler? _handler;

    /// <summary>Creates the transport.</summary>
    /// <param name="configuration">
    /// Where the server is and how to be known to it. Its <see cref="KubernetesClientConfiguration.FirstMessageHandlerSetup"/> is called after the
    /// defaults of this class were set, and can change them.
    /// </param>
    /// <param name="handlers">Handlers that every request passes, the first one first.</param>
    /// <exception cref="k8s.Exceptions.KubeConfigException">The configuration has no usable server, certificate authority or key.</exception>
    public KubernetesTransport(KubernetesClientConfiguration configuration, params DelegatingHandler[] handlers)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var setup = configuration.FirstMessageHandlerSetup;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            _handler = handler;
            handler.KeepAlivePingDelay = PingDelay;
            handler.KeepAlivePingTimeout = PingTimeout;
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            handler.ConnectTimeout = ConnectTimeout;
            handler.EnableMultipleHttp2Connections = true;
            handler.InitialHttp2StreamWindowSize = StreamWindowSize;
            if (!string.IsNullOrEmpty(configuration.TlsServerName))
            {
                // The client puts this name into the Host header alone; certificates are chosen and checked by SNI.
                handler.SslOptions.TargetHost = configuration.TlsServerName;
            }

            setup?.Invoke(handler);
        };
        try
        {
            _client = new Kubernetes(configuration, handlers);
        }
        finally
        {
            configuration.FirstMessageHandlerSetup = setup;
        }

        if (string.IsNullOrEmpty(configuration.UserAgent))
        {
            _client.HttpClient.DefaultRequestHeaders.UserAgent.ParseAdd(UserAgent);
        }

        _version = configuration.DisableHttp2 ? HttpVersion.Version11 : HttpVersion.Version20;
    }

    /// <inheritdoc/>
    public Uri BaseUri => _client.BaseUri;

    /// <inheritdoc/>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.RequestUri = RequestUri.Resolve(BaseUri, request.RequestUri);
        request.Version = _version;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        if (_client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        return await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _client.Dispose();
        _handler?.Dispose();
    }
}
