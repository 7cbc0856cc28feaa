using System.Net;
using CrMonitor.Informers;

namespace CrMonitor.Controllers.Tests;

/// <summary>Gives requests of one method an answer of the test's, without asking the server.</summary>
internal sealed class AnsweringTransport(IKubeTransport inner, HttpMethod method, string answer) : IKubeTransport
{
    public Uri BaseUri => inner.BaseUri;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => request.Method == method
        ? Task.FromResult(FakeServer.Json(HttpStatusCode.OK, answer))
        : inner.SendAsync(request, cancellationToken);
}
