using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <param name="Server">Who sends the events.</param>
/// <param name="Start">Asks for them.</param>
/// <param name="Events">How many they are.</param>
/// <param name="IsStream">The list is asked for as a stream.</param>
/// <param name="IsLatency">Reads from each event when it was sent.</param>
internal sealed record WatchSettings(IKubeTransport Server, Func<Task> Start, int Events, bool IsStream, bool IsLatency)
{
    /// <summary>Events of a <see cref="MemoryServer"/>, one of each object.</summary>
    public static WatchSettings InMemory(int events, bool isStream)
    {
        var server = new MemoryServer(new MemoryServer.Content(events));
        return new WatchSettings(
            server,
            () =>
            {
                server.Release();
                return Task.CompletedTask;
            },
            events,
            isStream,
            IsLatency: false);
    }

    /// <summary>Events of the Go program <c>stub</c>.</summary>
    public static WatchSettings OfStub(string address, int events, bool isStream, bool isLatency) => new(
        ServerAddress.Connect(address),
        async () =>
        {
            using var client = new HttpClient();
            using var answer = await client.GetAsync(new Uri(new Uri(address), "start"));
            answer.EnsureSuccessStatusCode();
        },
        events,
        isStream,
        isLatency);
}
