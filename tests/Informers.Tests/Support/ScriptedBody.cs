using System.Text;
using System.Threading.Channels;

namespace CrMonitor.Informers.Tests;

/// <summary>A response body that the test writes piece by piece, ends, breaks off, or leaves silent.</summary>
internal sealed class ScriptedBody : Stream
{
    private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();
    private ReadOnlyMemory<byte> _rest;

    // _gate guards _drained, and that it is completed only while nothing is sent.
    private readonly Lock _gate = new();
    private TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the client has closed the body.</summary>
    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public void Send(string text)
    {
        lock (_gate)
        {
            _drained = _drained.Task.IsCompleted ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : _drained;
            _pieces.Writer.TryWrite(Encoding.UTF8.GetBytes(text));
        }
    }

    /// <summary>Returns when the client has taken all that was sent so far and waits for more.</summary>
    public Task Drained()
    {
        lock (_gate)
        {
            return _drained.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public void End() => _pieces.Writer.TryComplete();

    public void Break() => _pieces.Writer.TryComplete(new IOException("The connection was reset."));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_rest.IsEmpty)
        {
            lock (_gate)
            {
                if (!_pieces.Reader.TryPeek(out _))
                {
                    _drained.TrySetResult();
                }
            }

            try
            {
                _rest = await _pieces.Reader.ReadAsync(cancellationToken);
            }
            catch (ChannelClosedException e)
            {
                return e.InnerException is IOException broken ? throw broken : 0;
            }
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The client must read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Closed.TrySetResult();
        base.Dispose(disposing);
    }
}
