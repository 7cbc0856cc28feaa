using System.Collections.Concurrent;
using CrMonitor.Informers;

namespace CrMonitor.Controllers.Tests;

/// <summary>Keeps what is asked of a server, with the query.</summary>
internal sealed class RecordingTransport(IKubeTransport inner, ConcurrentQueue<string> paths) : IKubeTransport
{
    public Uri BaseUri => inner.BaseUri;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        paths.Enqueue($"{request.Method} {request.RequestUri!.OriginalString}");
        return inner.SendAsync(request, cancellationToken);
    }
}
