using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.Informers;

namespace CrMonitor.Controllers.Tests;

/// <summary>Answers unary requests as the test says, and keeps them.</summary>
internal sealed class FakeServer : HttpMessageHandler
{
    private readonly SemaphoreSlim _arrived = new(0);

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>What to answer; by default the body of the request, as if stored unchanged.</summary>
    public Func<Request, HttpResponseMessage>? Answer { get; set; }

    /// <summary>Requests come, and are not answered.</summary>
    public bool Hangs { get; set; }

    /// <summary>How a request that hangs ends when it is cancelled, where it is not as a cancellation.</summary>
    public Exception? CutOff { get; set; }

    public static HttpResponseMessage Json(HttpStatusCode code, string body) =>
        new(code) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Status(HttpStatusCode code, string reason) =>
        Json(code, $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{{reason}} said the test","reason":"{{reason}}","code":{{(int)code}}}""");

    private HttpMessageHandlerTransport Transport() => new(new Uri("http://server"), this);

    public RestClient Client(TimeProvider? time = null) => new(
        Transport(), new RestClientOptions { TimeProvider = time ?? TimeProvider.System, MaxRetries = 0 });

    public KubeClient Kube(ControllerInstruments? instruments = null) =>
        Kube(instruments is null ? Client() : new RestClient(new MeasuredTransport(Transport(), instruments, TimeProvider.System)));

    public KubeClient Kube(RestClientOptions rest) => Kube(new RestClient(Transport(), rest));

    private static KubeClient Kube(RestClient rest)
    {
        var options = new CrMonitorOptions { FieldManager = "tests" };
        options.JsonContexts.Add(TestJson.Default);
        return new KubeClient(rest, options);
    }

    /// <summary>Waits for one more request to have been answered.</summary>
    public Task ArrivedAsync() => _arrived.WaitAsync(TestContext.Current.CancellationToken);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        var received = new Request(request.Method, request.RequestUri!.PathAndQuery, request.Content?.Headers.ContentType?.MediaType, body);
        Requests.Enqueue(received);
        if (Hangs)
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }
            catch (OperationCanceledException) when (CutOff is { } failure)
            {
                throw failure;
            }
        }

        try
        {
            return Answer?.Invoke(received) ?? Json(HttpStatusCode.OK, body ?? "{}");
        }
        finally
        {
            _arrived.Release();
        }
    }

    internal sealed record Request(HttpMethod Method, string Path, string? ContentType, string? Body)
    {
        public JsonNode Json => JsonNode.Parse(Body ?? throw new InvalidOperationException($"{Method} {Path} has no body."))!;
    }
}
