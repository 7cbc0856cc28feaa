using CrMonitor.Informers;

namespace CrMonitor.Controllers.Tests;

/// <summary>The way of one process to the server. What was sent arrives whatever becomes of the sender.</summary>
internal sealed class SimulatedNetwork(VirtualWorld world, SimulatedClock clock, SimulatedLeaseServer server) : IKubeTransport
{
    public enum Fault
    {
        None,

        /// <summary>Nobody answers the call, at once.</summary>
        Refused,

        /// <summary>Requests get lost, and the caller hears nothing.</summary>
        RequestsLost,

        /// <summary>Requests are served, and the caller hears nothing.</summary>
        AnswersLost,

        /// <summary>The connection breaks after the request was served.</summary>
        Broken,
    }

    public Uri BaseUri => new("http://server");

    public Fault Present { get; set; }

    /// <summary>A call that is cancelled fails as if its connection had broken, as some do.</summary>
    public bool BreaksWhenCancelled { get; set; }

    /// <summary>How long the next request, or the next answer, is on its way.</summary>
    public Func<TimeSpan> Latency { get; set; } = () => TimeSpan.Zero;

    /// <summary>What is answered instead of the server; <see langword="null"/> for what the server says.</summary>
    public Func<HttpResponseMessage?> Answer { get; set; } = () => null;

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var method = request.Method;
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(CancellationToken.None);
        if (Present == Fault.Refused)
        {
            throw new HttpRequestException("connection refused");
        }

        if (Present != Fault.RequestsLost)
        {
            world.At(world.Now + Latency().Ticks, () =>
            {
                var response = Answer() ?? server.Serve(method, body);
                switch (Present)
                {
                    case Fault.AnswersLost or Fault.RequestsLost:
                        break;
                    case Fault.Broken:
                        clock.At(world.Now, () => answer.TrySetException(new HttpRequestException("connection reset")));
                        break;
                    default:
                        clock.At(world.Now + Latency().Ticks, () => answer.TrySetResult(response));
                        break;
                }
            });
        }

        // Not WaitAsync, which would leave the scheduler of this world.
        using var cut = cancellationToken.Register(() =>
            _ = BreaksWhenCancelled ? answer.TrySetException(new HttpRequestException("connection closed")) : answer.TrySetCanceled(cancellationToken));
        return await answer.Task;
    }
}
