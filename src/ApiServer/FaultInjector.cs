using System.Collections.Immutable;
using System.Net;
using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer;

/// <summary>Makes an <see cref="EmbeddedApiServer"/> fail on demand.</summary>
/// <remarks>
/// Faults apply in the order in which they were added; a request meets each that matches it, until one answers. All members may be called from any
/// thread.
/// </remarks>
public sealed class FaultInjector
{
    private readonly ActiveRequests _requests;
    private ImmutableArray<Fault> _faults = [];

    internal FaultInjector(ActiveRequests requests) => _requests = requests;

    /// <summary>Answers matching requests with a failure, as a <c>Status</c>.</summary>
    /// <param name="status">The HTTP status, such as 429, 500, 503 or 409.</param>
    /// <param name="matches">Which requests; all by default.</param>
    /// <param name="times">How many requests; without an end by default.</param>
    /// <param name="retryAfter">The header <c>Retry-After</c>, rounded up to seconds; none by default.</param>
    /// <param name="message">The message of the <c>Status</c>; Kubernetes' own for the code by default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> is no failure, or <paramref name="times"/> is below one.</exception>
    public Fault Respond(
        HttpStatusCode status, Func<ApiRequest, bool>? matches = null, int? times = null, TimeSpan? retryAfter = null, string? message = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan((int)status, 400, nameof(status));
        var (reason, text) = status switch
        {
            HttpStatusCode.Unauthorized => ("Unauthorized", "Unauthorized"),
            HttpStatusCode.Forbidden => ("Forbidden", "forbidden"),
            HttpStatusCode.NotFound => ("NotFound", "the server could not find the requested resource"),
            HttpStatusCode.Conflict => ("Conflict", "the object has been modified; please apply your changes to the latest version and try again"),
            HttpStatusCode.Gone => ("Expired", "The resourceVersion for the provided watch is too old."),
            HttpStatusCode.TooManyRequests => ("TooManyRequests", "Too many requests, please try again later."),
            HttpStatusCode.ServiceUnavailable => ("ServiceUnavailable", "the server is currently unable to handle the request"),
            HttpStatusCode.GatewayTimeout => ("Timeout", "Timeout: request did not complete within the allotted timeout"),
            _ => ("InternalError", "Internal error occurred: injected fault"),
        };
        return Add(new FaultAction.Respond((int)status, reason, message ?? text, retryAfter), matches, times);
    }

    /// <summary>Serves matching requests after a pause, measured by the server's clock.</summary>
    /// <param name="time">The pause.</param>
    /// <param name="matches">Which requests; all by default.</param>
    /// <param name="times">How many requests; without an end by default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative, or <paramref name="times"/> is below one.</exception>
    public Fault Delay(TimeSpan time, Func<ApiRequest, bool>? matches = null, int? times = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        return Add(new FaultAction.Delay(time), matches, times);
    }

    /// <summary>Closes the connection of matching requests: without an answer, or after a part of it.</summary>
    /// <param name="matches">Which requests; all by default.</param>
    /// <param name="times">How many requests; without an end by default.</param>
    /// <param name="afterBytes">
    /// After how many bytes of the answer's body; 0, without an answer, by default. A shorter answer is not disturbed.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterBytes"/> is negative, or <paramref name="times"/> is below one.</exception>
    public Fault Disconnect(Func<ApiRequest, bool>? matches = null, int? times = null, long afterBytes = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterBytes);
        return Add(new FaultAction.Disconnect(afterBytes), matches, times);
    }

    /// <summary>
    /// Lets the answers to matching requests stop while their connections stay open: what a client sees of a network that swallows packets.
    /// </summary>
    /// <param name="matches">Which requests; all by default.</param>
    /// <param name="times">How many requests; without an end by default.</param>
    /// <param name="afterBytes">
    /// After how many bytes of the answer's body; 0, after its headers, by default. A shorter answer is not disturbed.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="afterBytes"/> is negative, or <paramref name="times"/> is below one.</exception>
    public Fault Freeze(Func<ApiRequest, bool>? matches = null, int? times = null, long afterBytes = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterBytes);
        return Add(new FaultAction.Freeze(afterBytes), matches, times);
    }

    /// <summary>
    /// Ends the answers to matching requests in the middle of an object, in good order, as a faulty proxy does: what is cut off is not to be seen but
    /// in the JSON.
    /// </summary>
    /// <param name="matches">Which requests; all by default.</param>
    /// <param name="times">How many requests; without an end by default.</param>
    /// <param name="afterObjects">
    /// After how many whole objects (items of a list, events of a watch); none by default. A list that has fewer loses its own end instead.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="afterObjects"/> is negative, or <paramref name="times"/> is below one.
    /// </exception>
    public Fault Cut(Func<ApiRequest, bool>? matches = null, int? times = null, int afterObjects = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterObjects);
        return Add(new FaultAction.Cut(afterObjects), matches, times);
    }

    /// <summary>Breaks the connections of open watches now.</summary>
    /// <param name="matches">Which watches; all by default.</param>
    /// <returns>How many there were.</returns>
    public int DropWatches(Func<ApiRequest, bool>? matches = null) => _requests.ForEachWatch(matches, static r => r.Abort());

    /// <summary>Lets open watches send nothing more, bookmarks included, while their connections stay open.</summary>
    /// <param name="matches">Which watches; all by default.</param>
    /// <returns>How many there were.</returns>
    public int FreezeWatches(Func<ApiRequest, bool>? matches = null) => _requests.ForEachWatch(matches, static r => r.Freeze.Set());

    /// <summary>How many watches are open.</summary>
    /// <param name="matches">Which watches to count; all by default.</param>
    public int CountWatches(Func<ApiRequest, bool>? matches = null) => _requests.ForEachWatch(matches, static _ => { });

    /// <summary>Ends all faults.</summary>
    public void Clear() => ImmutableInterlocked.InterlockedExchange(ref _faults, []);

    internal ImmutableArray<Fault> Faults => _faults;

    private Fault Add(FaultAction action, Func<ApiRequest, bool>? matches, int? times)
    {
        var fault = new Fault(action, matches, times, Remove);
        ImmutableInterlocked.Update(ref _faults, static (all, one) => all.Add(one), fault);
        return fault;
    }

    private void Remove(Fault fault) => ImmutableInterlocked.Update(ref _faults, static (all, one) => all.Remove(one), fault);
}
