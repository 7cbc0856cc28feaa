namespace CrMonitor.Informers.Tests;

/// <summary>Counts what goes through.</summary>
internal sealed class CountingTransport(IKubeTransport inner) : IKubeTransport
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public Uri BaseUri => inner.BaseUri;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        return inner.SendAsync(request, cancellationToken);
    }
}
