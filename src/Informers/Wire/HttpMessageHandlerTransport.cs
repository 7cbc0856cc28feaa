using System.Net;

namespace CrMonitor.Informers;

/// <summary>Sends requests through a message handler: to a server without authentication on loopback, or into a test.</summary>
/// <remarks>May be used from any thread.</remarks>
public sealed class HttpMessageHandlerTransport : IKubeTransport, IDisposable
{
    private readonly HttpMessageInvoker _invoker;

    /// <summary>Creates the transport.</summary>
    /// <param name="baseUri">The server's address; a path in it is put before the path of every request.</param>
    /// <param name="handler">What sends, such as a <see cref="SocketsHttpHandler"/>.</param>
    /// <param name="disposeHandler">The handler is disposed with the transport.</param>
    /// <exception cref="ArgumentException"><paramref name="baseUri"/> is not absolute.</exception>
    public HttpMessageHandlerTransport(Uri baseUri, HttpMessageHandler handler, bool disposeHandler = false)
    {
        ArgumentNullException.ThrowIfNull(handler);
        BaseUri = RequestUri.CheckBase(baseUri);
        _invoker = new HttpMessageInvoker(handler, disposeHandler);
    }

    /// <inheritdoc/>
    public Uri BaseUri { get; }

    /// <inheritdoc/>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.RequestUri = RequestUri.Resolve(BaseUri, request.RequestUri);
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        return _invoker.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();
}
