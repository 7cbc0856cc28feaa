using System.Collections.Concurrent;
using System.Threading.Channels;

namespace CrMonitor.Informers.Tests;

/// <summary>A server that does nothing by itself: the test takes each request and answers it.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    private readonly Channel<ScriptedRequest> _requests = Channel.CreateUnbounded<ScriptedRequest>();

    public ScriptedServer() => Transport = new HttpMessageHandlerTransport(new Uri("http://server"), this);

    public IKubeTransport Transport { get; }

    /// <summary>All requests so far, as <c>METHOD path?query</c>.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>The next request, when it comes.</summary>
    public async Task<ScriptedRequest> NextAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            return await _requests.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new InvalidOperationException($"No request came. So far:\n{string.Join('\n', Log)}", e);
        }
    }

    /// <summary>The next request, which must be a list.</summary>
    public async Task<ScriptedRequest> NextListAsync()
    {
        var request = await NextAsync();
        Assert.False(request.IsWatch, $"expected a list, got {request.Uri}");
        return request;
    }

    /// <summary>The next request, which must be a watch.</summary>
    public async Task<ScriptedRequest> NextWatchAsync()
    {
        var request = await NextAsync();
        Assert.True(request.IsWatch, $"expected a watch, got {request.Uri}");
        return request;
    }

    public bool HasRequest => _requests.Reader.TryPeek(out _);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var scripted = new ScriptedRequest(request, cancellationToken);
        Log.Enqueue($"{request.Method} {request.RequestUri!.PathAndQuery}");
        _requests.Writer.TryWrite(scripted);
        return scripted.Response;
    }
}
