using System.Collections.Concurrent;

namespace CrMonitor.ApiServer.Http;

/// <summary>The requests that are being served: so that they can be broken off, and waited for.</summary>
internal sealed class ActiveRequests
{
    private readonly ConcurrentDictionary<ActiveRequest, bool> _active = new();

    public void Add(ActiveRequest request) => _active.TryAdd(request, true);

    public void Remove(ActiveRequest request) => _active.TryRemove(request, out _);

    public int ForEachWatch(Func<ApiRequest, bool>? matches, Action<ActiveRequest> action)
    {
        var count = 0;
        foreach (var (active, _) in _active)
        {
            if (active.Request.Verb == "watch" && (matches is null || matches(active.Request)))
            {
                action(active);
                count++;
            }
        }

        return count;
    }

    public void AbortAll()
    {
        foreach (var (active, _) in _active)
        {
            active.Abort();
        }
    }
}
