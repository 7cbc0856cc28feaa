using System.Collections.Concurrent;
using System.Globalization;
using CrMonitor.ApiServer;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Informers.Tests;

public sealed class ConvergenceTests
{
    private const int DefaultSeeds = 1000;
    private const int Lanes = 4;

    // After random writes and random faults (connections dropped at any byte, streams that freeze or end too soon, refusals, compaction,
    // restarts), once the server is well:
    // the cache equals the server, each handler's view equals the cache, and no handler was told a change that did not fit the one before it.
    // CRMONITOR_CONVERGENCE_SEEDS sets how many seeds are run, CRMONITOR_CONVERGENCE_SEED the first of them.
    [Fact]
    public async Task Whatever_fails_cache_and_handlers_end_up_with_what_the_server_has()
    {
        var first = Number("CRMONITOR_CONVERGENCE_SEED", 1);
        var seeds = new ConcurrentQueue<int>(Enumerable.Range(first, Number("CRMONITOR_CONVERGENCE_SEEDS", DefaultSeeds)));
        var failures = new ConcurrentQueue<string>();
        var met = new ConcurrentDictionary<ReflectorFailureReason, int>();

        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => Task.Run(() => RunLaneAsync(seeds, failures, met))));

        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(", ", met.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}: {entry.Value}")));
        Assert.True(failures.IsEmpty, failures.FirstOrDefault());
    }

    private static async Task RunLaneAsync(ConcurrentQueue<int> seeds, ConcurrentQueue<string> failures, ConcurrentDictionary<ReflectorFailureReason, int> met)
    {
        var time = new FakeTimeProvider();
        await using var server = await EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions
        {
            TimeProvider = time,
            MaximumLogLength = 20,
            BookmarkInterval = TimeSpan.FromSeconds(5),
            MaximumRecordedRequests = 0,
            RunsDeploymentController = false,
            RunsReplicaSetController = false,
            RunsPodController = false,
            RunsGarbageCollector = false,
            RunsNamespaceController = false,
        });
        using var transport = new HttpMessageHandlerTransport(server.Url, server.CreateHandler(), disposeHandler: true);
        await WidgetDefinition.CreateAsync(new RestClient(transport));
        while (failures.IsEmpty && seeds.TryDequeue(out var seed))
        {
            if (await new ConvergenceRun(seed, server, time, met).RunAsync() is { } failure)
            {
                failures.Enqueue(failure);
            }
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
