using CrMonitor.Informers;

namespace CrMonitor.SampleOperator.Tests;

/// <summary>Passes requests on, and remembers the writes.</summary>
internal sealed class RecordingTransport(IKubeTransport inner) : IKubeTransport
{
    private readonly Lock _gate = new();
    private readonly List<string> _writes = [];

    public Uri BaseUri => inner.BaseUri;

    /// <summary>Every write so far, as <c>PATCH /apis/...</c> without the query; those of events excepted, which come when they come.</summary>
    public IReadOnlyList<string> Writes
    {
        get
        {
            lock (_gate)
            {
                return [.. _writes];
            }
        }
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.ToString().Split('?')[0];
        if (request.Method != HttpMethod.Get && !path.Contains("/events", StringComparison.Ordinal))
        {
            lock (_gate)
            {
                _writes.Add($"{request.Method} {path}");
            }
        }

        return inner.SendAsync(request, cancellationToken);
    }
}
