using System.Collections.Concurrent;
using System.Threading.Channels;

namespace CrMonitor.Informers.Tests;

/// <summary>A server that does nothing by itself: the test takes each request and answers it. Streaming lists alone it refuses, unless it is told
/// that it has them.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    private readonly Channel<ScriptedRequest> _requests = Channel.CreateUnbounded<ScriptedRequest>();

    public ScriptedServer() => Transport = new HttpMessageHandlerTransport(new Uri("http://server"), this);

    public IKubeTransport Transport { get; }

    /// <summary>Streaming lists are requests as all others; else they are refused, as a server of before refuses them, and appear nowhere.</summary>
    public bool HasStreamingLists { get; set; }

    /// <summary>All requests so far, as <c>METHOD path?query</c>.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>The next request, when it comes.</summary>
    public async Task<ScriptedRequest> NextAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
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

    /// <summary>The next request, which must be a streaming list.</summary>
    public async Task<ScriptedRequest> NextStreamAsync()
    {
        var request = await NextAsync();
        Assert.True(request.IsStream, $"expected a streaming list, got {request.Uri}");
        return request;
    }

    /// <summary>The next request, which must be a watch.</summary>
    public async Task<ScriptedRequest> NextWatchAsync()
    {
        var request = await NextAsync();
        Assert.True(request is { IsWatch: true, IsStream: false }, $"expected a watch, got {request.Uri}");
        return request;
    }

    public bool HasRequest => _requests.Reader.TryPeek(out _);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var scripted = new ScriptedRequest(request, cancellationToken);
        if (scripted["sendInitialEvents"] == "true" && !HasStreamingLists)
        {
            scripted.Answer(
                System.Net.HttpStatusCode.UnprocessableEntity,
                Json.Status(422, "Invalid", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"));
            return scripted.Response;
        }

        Log.Enqueue($"{request.Method} {request.RequestUri!.PathAndQuery}");
        _requests.Writer.TryWrite(scripted);
        return scripted.Response;
    }
}
