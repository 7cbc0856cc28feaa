using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CrMonitor.ApiServer.Faults;

/// <summary>The body of an answer that goes out up to a limit; then something else happens.</summary>
/// <remarks>It is written to by one thread at a time, as every body is.</remarks>
internal sealed class LimitedBody : PipeWriter, IHttpResponseBodyFeature
{
    private readonly IHttpResponseBodyFeature _inner;
    private readonly AnswerLimit _limit;
    private readonly Func<LimitedBody, Task<bool>> _atLimit;
    private Memory<byte> _lent;
    private bool _isAtLimit;

    /// <param name="inner">The body itself.</param>
    /// <param name="limit">How much of it goes out.</param>
    /// <param name="atLimit">What happens then, after what is allowed has been sent. It returns whether the connection is to be closed.</param>
    public LimitedBody(IHttpResponseBodyFeature inner, AnswerLimit limit, Func<LimitedBody, Task<bool>> atLimit)
    {
        (_inner, _limit, _atLimit) = (inner, limit, atLimit);
        Stream = AsStream(leaveOpen: true);
    }

    public Stream Stream { get; }

    public PipeWriter Writer => this;

    public override bool CanGetUnflushedBytes => _inner.Writer.CanGetUnflushedBytes;

    public override long UnflushedBytes => _inner.Writer.UnflushedBytes;

    public override void Advance(int bytes)
    {
        if (_isAtLimit)
        {
            return;
        }

        var allowed = _limit.Take(_lent.Span[..bytes]);
        _isAtLimit = allowed < bytes;
        _inner.Writer.Advance(allowed);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) =>
        _lent = _isAtLimit ? new byte[Math.Max(sizeHint, 256)] : _inner.Writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flushed = await _inner.Writer.FlushAsync(cancellationToken);
        if (_isAtLimit)
        {
            throw new AnswerCutException(breaksConnection: await _atLimit(this));
        }

        return flushed;
    }

    public override void CancelPendingFlush() => _inner.Writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _inner.Writer.Complete(exception);

    public void DisableBuffering() => _inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => _inner.StartAsync(cancellationToken);

    public async Task CompleteAsync()
    {
        await FlushAsync();
        await _inner.CompleteAsync();
    }

    /// <summary>Ends the answer in good order where it is.</summary>
    public Task EndAsync() => _inner.CompleteAsync();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);
}
