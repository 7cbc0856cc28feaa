namespace CrMonitor.ApiServer;

/// <summary>A fault that an <see cref="EmbeddedApiServer"/> shows to matching requests, until it has done so often enough or is disposed.</summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class Fault : IDisposable
{
    private readonly Func<ApiRequest, bool> _matches;
    private readonly Action<Fault> _remove;
    private readonly int? _times;
    private int _hitCount;

    internal Fault(FaultAction action, Func<ApiRequest, bool>? matches, int? times, Action<Fault> remove)
    {
        if (times is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(times));
        }

        Action = action;
        _matches = matches ?? (static _ => true);
        _times = times;
        _remove = remove;
    }

    /// <summary>How many requests have met this fault.</summary>
    public int HitCount => Volatile.Read(ref _hitCount);

    internal FaultAction Action { get; }

    /// <summary>Ends the fault: requests that come after this do not meet it.</summary>
    public void Dispose() => _remove(this);

    /// <returns>Whether <paramref name="request"/> meets the fault, which then counts.</returns>
    internal bool TryHit(ApiRequest request)
    {
        if (!_matches(request))
        {
            return false;
        }

        if (_times is not { } times)
        {
            Interlocked.Increment(ref _hitCount);
            return true;
        }

        for (var hits = HitCount; hits < times; hits = HitCount)
        {
            if (Interlocked.CompareExchange(ref _hitCount, hits + 1, hits) == hits)
            {
                return true;
            }
        }

        return false;
    }
}
