using System.Globalization;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>Reads a list as a stream and what follows it, as a reflector reads, and keeps nothing: what no informer can be faster than.</summary>
/// <param name="server">Who is asked.</param>
/// <param name="events">How many events are awaited after the list.</param>
/// <param name="readsStamps">Reads from each event when it was sent.</param>
internal sealed class StreamFloor(IKubeTransport server, int events, bool readsStamps)
{
    private const int ReadSize = 64 * 1024;

    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _last = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<long> _latencies = [];   // in ticks
    private bool _hasEnded;                        // the list
    private int _left = events;
    private long _first;
    private long _latest;

    /// <summary>How many objects the list had.</summary>
    public int Listed { get; private set; }

    /// <summary>Completes with the end of the list.</summary>
    public Task End => _listed.Task;

    /// <summary>Completes with the last event.</summary>
    public Task Last => _last.Task;

    /// <summary>The time from the first event to the last.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_first, _latest);

    /// <summary>How long after the server's stamp each event came, sorted.</summary>
    public TimeSpan[] Latencies => [.. _latencies.Order().Select(TimeSpan.FromTicks)];

    /// <summary>Reads until it is cancelled.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var path = $"{Application.Resource.CollectionPath(null)}?watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
            + "&resourceVersionMatch=NotOlderThan&timeoutSeconds=600";
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Accept.ParseAdd("application/json");
        try
        {
            using var response = await server.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
            await BodyReader.ReadAsync(response.Content, new Lines(Take), ReadSize, null, cancellationToken);
            throw new EndOfStreamException("The server has ended the stream.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody reads on.
        }
        catch (Exception e)
        {
            _listed.TrySetException(e);
            _last.TrySetException(e);
        }
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        if (!_hasEnded)
        {
            _hasEnded = line.StartsWith("{\"type\":\"BOOKMARK\""u8);
            Listed += _hasEnded ? 0 : 1;
            if (_hasEnded)
            {
                _listed.TrySetResult();
            }

            return;
        }

        _latest = TimeProvider.System.GetTimestamp();
        _first = _first == 0 ? _latest : _first;
        if (readsStamps)
        {
            var stamp = "\"example.com/sent\":\""u8;
            var start = line.IndexOf(stamp) + stamp.Length;
            var digits = line[start..];
            var sent = long.Parse(digits[..digits.IndexOf((byte)'"')], NumberStyles.None, CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick;
            _latencies.Add((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks - sent);
        }

        if (--_left == 0)
        {
            _last.TrySetResult();
        }
    }

    /// <summary>Cuts a body into lines.</summary>
    private sealed class Lines(JsonHandler take) : IBodyParser
    {
        private byte[] _beginning = [];

        public bool Feed(ReadOnlySpan<byte> bytes)
        {
            for (var end = bytes.IndexOf((byte)'\n'); end >= 0; end = bytes.IndexOf((byte)'\n'))
            {
                take(_beginning.Length == 0 ? bytes[..end] : [.. _beginning, .. bytes[..end]]);
                _beginning = [];
                bytes = bytes[(end + 1)..];
            }

            if (!bytes.IsEmpty)
            {
                _beginning = [.. _beginning, .. bytes];
            }

            return true;
        }

        public void Complete()
        {
        }
    }
}
