namespace CrMonitor.Informers;

/// <summary>Sends HTTP requests to one API server: the seam below everything that this library sends.</summary>
/// <remarks>
/// Implementations add authentication and TLS, do not retry, do not buffer bodies, and return as soon as the headers are there,
/// whatever the status code. They may be called from any thread, many calls at a time.
/// </remarks>
public interface IKubeTransport
{
    /// <summary>The server's address. Request URIs are relative to it.</summary>
    Uri BaseUri { get; }

    /// <summary>
    /// Sends <paramref name="request"/>, whose URI is relative, and returns the response with its body unread. The caller disposes it.
    /// </summary>
    /// <exception cref="HttpRequestException">The server could not be reached, or the connection broke before the headers came.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}
