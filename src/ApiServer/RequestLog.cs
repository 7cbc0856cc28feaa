namespace CrMonitor.ApiServer;

/// <summary>
/// What has been asked of an <see cref="EmbeddedApiServer"/>: so that a test can say which requests a client makes, and with how few permissions it
/// does.
/// </summary>
/// <remarks>
/// Requests are recorded when they arrive, whatever becomes of them. An apply that creates its object is recorded as a create, too, because a cluster
/// asks for that permission as well. The latest are kept, up to <see cref="EmbeddedApiServerOptions.MaximumRecordedRequests"/>. All members may be
/// called from any thread.
/// </remarks>
public sealed class RequestLog
{
    // _gate guards the fields below.
    private readonly Lock _gate = new();
    private readonly Queue<Recorded> _latest = new();
    private readonly int _capacity;
    private long _count;

    internal RequestLog(int capacity) => _capacity = capacity;

    /// <summary>How many requests there have been since the start or <see cref="Clear"/>, kept or not.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>The latest requests, oldest first.</summary>
    /// <param name="matches">Which requests; all that are kept by default.</param>
    public IReadOnlyList<ApiRequest> Latest(Func<ApiRequest, bool>? matches = null)
    {
        Recorded[] all;
        lock (_gate)
        {
            all = [.. _latest];
        }

        var requests = all.Select(recorded => new ApiRequest(recorded.Verb, recorded.Path, recorded.UserAgent));
        return [.. matches is null ? requests : requests.Where(matches)];
    }

    /// <summary>Forgets all requests, such as those by which a test has arranged its objects.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _latest.Clear();
            _count = 0;
        }
    }

    internal void Add(ApiRequest request)
    {
        lock (_gate)
        {
            _count++;
            _latest.Enqueue(new Recorded(request.Verb, request.Path, request.UserAgent));
            if (_latest.Count > _capacity)
            {
                _latest.Dequeue();
            }
        }
    }

    /// <summary>What a request is read from again: as little as possible, since so many are kept.</summary>
    private readonly record struct Recorded(string Verb, string Path, string UserAgent);
}
