using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CrMonitor.ApiServer.Http;

/// <summary>The server's end of one answer without a socket.</summary>
internal sealed class InMemoryExchange : IHttpResponseFeature, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Pipe _pipe = new(new PipeOptions(useSynchronizationContext: false));
    private readonly Action _cancel;
    private readonly CancellationToken _aborted;
    private readonly List<(Func<object, Task> Callback, object State)> _starting = [];
    private readonly List<(Func<object, Task> Callback, object State)> _completed = [];
    private Stream? _stream;
    private volatile bool _isBroken;

    public InMemoryExchange()
    {
        // Without a timer it holds nothing that would have to be disposed, and either end may be the last to use it.
        var aborted = new CancellationTokenSource();
        _cancel = aborted.Cancel;
        _aborted = RequestAborted = aborted.Token;
        Writer = _pipe.Writer;
    }

    /// <summary>Completes when the headers are there; fails if there will be none.</summary>
    public Task Started => _started.Task;

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    // Of IHttpResponseFeature, and replaced by Writer and Stream since.
    Stream IHttpResponseFeature.Body { get => Stream; set => throw new NotSupportedException("The body cannot be replaced."); }

    public bool HasStarted { get; private set; }

    public PipeWriter Writer { get; }

    public Stream Stream => _stream ??= Writer.AsStream();

    public CancellationToken RequestAborted { get; set; }

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Add((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Add((callback, state));

    public void DisableBuffering()
    {
    }

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (HasStarted)
        {
            return;
        }

        foreach (var (callback, state) in _starting)
        {
            await callback(state);
        }

        HasStarted = true;
        _started.TrySetResult();
    }

    public async Task CompleteAsync()
    {
        await StartAsync();
        await Writer.CompleteAsync();
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <summary>
    /// Breaks the exchange off, from either end. Who serves it learns it from <see cref="RequestAborted"/>, and then the client from
    /// <see cref="EndAsync"/>.
    /// </summary>
    public void Abort()
    {
        _cancel();
        _started.TrySetException(new IOException("The connection was closed."));
    }

    /// <summary>Lets the client find the connection closed when it has read what was sent before.</summary>
    public void Break() => _isBroken = true;

    /// <summary>The request has been served, or given up.</summary>
    public async Task EndAsync()
    {
        // The writer is completed here alone, by the one who writes: it is not made for several threads.
        if (_aborted.IsCancellationRequested)
        {
            await Writer.CompleteAsync(new IOException("The connection was closed."));
        }
        else
        {
            await CompleteAsync();
        }

        foreach (var (callback, state) in _completed)
        {
            await callback(state);
        }
    }

    public HttpResponseMessage ToResponse(HttpRequestMessage request)
    {
        var response = new HttpResponseMessage((HttpStatusCode)StatusCode)
        {
            RequestMessage = request,
            Content = new StreamContent(new InMemoryBody(_pipe.Reader.AsStream(), Abort, () => _isBroken)),
        };
        foreach (var (name, values) in Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                response.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return response;
    }
}
