using System.Net;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>A server without a socket: it has Applications 0, 1, ... to list, and one event of each to watch, which it holds back until <see cref="Release"/>.</summary>
internal sealed class MemoryServer(MemoryServer.Content content) : IKubeTransport
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Uri BaseUri { get; } = new("http://memory.example.com");

    /// <summary>Sends the events to all who watch.</summary>
    public void Release() => _released.SetResult();

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var query = request.RequestUri!.ToString();
        HttpContent body = !query.Contains("watch=true", StringComparison.Ordinal)
            ? new ByteArrayContent(content.List)
            : new StreamContent(new WatchBody(
                query.Contains("sendInitialEvents=true", StringComparison.Ordinal) ? content.InitialEvents : [], content.Events, _released.Task));
        body.Headers.ContentType = new("application/json");
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = body, RequestMessage = request });
    }

    /// <summary>The bodies, which many servers can share.</summary>
    public sealed class Content
    {
        private const ulong Version = 1_000_000;

        public Content(int count)
        {
            List = Applications.List(count, Version);
            InitialEvents = Applications.InitialEvents(count, Version);
            Events = Applications.Events(count, Version + 1);
            LastVersion = Applications.Version(Version + (ulong)count);
        }

        public byte[] List { get; }

        /// <summary>The list as a stream, up to the bookmark that ends it.</summary>
        public byte[] InitialEvents { get; }

        public byte[] Events { get; }

        /// <summary>The version of the last event's object.</summary>
        public string LastVersion { get; }
    }

    /// <summary>The initial events, then the others when they are released. It never ends by itself.</summary>
    private sealed class WatchBody(byte[] initial, byte[] events, Task released) : Stream
    {
        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_position >= initial.Length)
            {
                await released.WaitAsync(cancellationToken);
            }

            if (_position >= initial.Length + events.Length)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            var rest = _position < initial.Length ? initial.AsMemory(_position) : events.AsMemory(_position - initial.Length);
            var read = Math.Min(rest.Length, buffer.Length);
            rest[..read].CopyTo(buffer);
            _position += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it with ReadAsync.");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
