using System.Net;
using CrMonitor.ApiServer;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Tests;

/// <summary>
/// What can happen to a server and its clients: time passes, the log is compacted, watches end or freeze, the server stops, requests fail.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="time">Its clock.</param>
/// <param name="random">Makes the choices.</param>
/// <param name="log">Is told what happens.</param>
internal sealed class ServerTrouble(EmbeddedApiServer server, FakeTimeProvider time, Random random, Action<string> log)
{
    private readonly List<Fault> _faults = [];
    private int _frozenWatches;

    /// <summary>Which requests can fail.</summary>
    public required Func<ApiRequest, bool> Victims { get; init; }

    /// <summary>The verbs for one of which a fault can be; <see langword="null"/>: for all.</summary>
    public required IReadOnlyList<string?> Verbs { get; init; }

    /// <summary>How a request can be refused.</summary>
    public required IReadOnlyList<HttpStatusCode> Refusals { get; init; }

    /// <summary>How long an answer can be delayed.</summary>
    public required TimeSpan LongestDelay { get; init; }

    /// <summary>How often the changes were forgotten with which a watch would go on.</summary>
    public int Compactions { get; private set; }

    /// <summary>How many requests have met a fault, and watches have fallen silent.</summary>
    public int Hits => _frozenWatches + _faults.Sum(fault => fault.HitCount);

    /// <summary>Lets one thing happen.</summary>
    public async Task StepAsync()
    {
        switch (random.Next(11))
        {
            case < 3:
                var passed = TimeSpan.FromMilliseconds(random.Next(1, 20_000));
                log($"{passed.TotalSeconds:0.000} s pass");
                time.Advance(passed);
                break;
            case 3:
                log("compact");
                Compactions++;
                server.Compact();
                break;
            case 4:
                log($"drop {server.Faults.DropWatches(Victims)} watches");
                break;
            case 5:
                var frozen = server.Faults.FreezeWatches(Victims);
                _frozenWatches += frozen;
                log($"freeze {frozen} watches");
                break;
            case 6:
                log("restart the server");
                await server.RestartAsync();
                break;
            case 7:
                log("stop the server");
                await server.StopListeningAsync();
                break;
            case 8:
                log("start the server");
                await server.StartListeningAsync();
                break;
            default:
                AddFault();
                break;
        }
    }

    /// <summary>Ends all trouble: the server listens, and nothing fails any more.</summary>
    public async Task EndAsync()
    {
        server.Faults.Clear();
        await server.StartListeningAsync();
    }

    private void AddFault()
    {
        var verb = Verbs[random.Next(Verbs.Count)];
        var times = random.Next(1, 4);
        bool Matches(ApiRequest request) => Victims(request) && (verb is null || request.Verb == verb);
        var what = $"{times} {verb ?? "requests"}";
        switch (random.Next(6))
        {
            case 0:
                var sent = NextBytes();
                log($"disconnect {what} after {sent} bytes");
                _faults.Add(server.Faults.Disconnect(Matches, times, sent));
                break;
            case 1:
                var seen = NextBytes();
                log($"freeze {what} after {seen} bytes");
                _faults.Add(server.Faults.Freeze(Matches, times, seen));
                break;
            case 2:
                var objects = random.Next(4);
                log($"cut {what} after {objects} objects");
                _faults.Add(server.Faults.Cut(Matches, times, objects));
                break;
            case 3:
                var delay = LongestDelay * random.NextDouble();
                log($"delay {what} by {delay.TotalSeconds:0.000} s");
                _faults.Add(server.Faults.Delay(delay, Matches, times));
                break;
            default:
                var refusal = Refusals[random.Next(Refusals.Count)];
                TimeSpan? retryAfter = random.Next(4) == 0 ? TimeSpan.FromSeconds(2) : null;
                log($"answer {what} with {(int)refusal}");
                _faults.Add(server.Faults.Respond(refusal, Matches, times, retryAfter));
                break;
        }
    }

    // Often none at all, as when a connection breaks before the headers.
    private int NextBytes() => random.Next(2) == 0 ? 0 : random.Next(1, 1500);
}
