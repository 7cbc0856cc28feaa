using CrMonitor.ApiServer.Watching;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>A request that is being served.</summary>
internal sealed class ActiveRequest(ApiRequest request, HttpContext context)
{
    public ApiRequest Request { get; } = request;

    public WatchFreeze Freeze { get; } = new();

    /// <summary>Breaks the connection.</summary>
    public void Abort() => context.Abort();
}
