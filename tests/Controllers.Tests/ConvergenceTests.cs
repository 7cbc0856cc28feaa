using System.Collections.Concurrent;
using System.Globalization;
using CrMonitor.ApiServer;
using CrMonitor.Tests;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Controllers.Tests;

/// <summary>The whole runtime in trouble. It looks at what the whole process leaves unobserved, and so runs while no other test does.</summary>
[Collection(nameof(StormTests))]
public sealed class ConvergenceTests
{
    private const int DefaultSeeds = 500;
    private const int Lanes = 4;

    // So many at least are certain to come to everything that they are to show.
    private const int SeedsThatMeetAll = 100;

    // After random writes of a user and random faults (connections dropped at any byte, streams that freeze or end too soon, refusals, compaction,
    // restarts of the server and of the host), once the server is well:
    // each widget has its one child as desired and its status, no child is left without its widget, none was created twice or applied for nothing by
    // a host that knew of it, and caches have listed no more often than what happened called for;
    // then nothing runs and nothing is asked but watches; one more change leads to one write of the child and one of the status;
    // where two hosts are elected, none writes while the other one leads, and when the leader stops the other one goes on without a write or a list;
    // after the stop there is no request, no run and no watch any more, and no exception was left unobserved.
    // CRMONITOR_CONVERGENCE_SEEDS sets how many seeds are run, CRMONITOR_CONVERGENCE_SEED the first of them.
    [Fact]
    public async Task Whatever_fails_the_cluster_ends_up_as_desired_without_a_write_too_many()
    {
        using var unobserved = new UnobservedExceptions();
        var first = Number("CRMONITOR_CONVERGENCE_SEED", 1);
        var count = Number("CRMONITOR_CONVERGENCE_SEEDS", DefaultSeeds);
        var seeds = new ConcurrentQueue<int>(Enumerable.Range(first, count));
        var tally = new ConvergenceTally();
        var failures = new ConcurrentQueue<string>();

        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => Task.Run(() => RunLaneAsync(seeds, failures, tally))));

        Assert.True(failures.IsEmpty, failures.FirstOrDefault());
        Assert.Empty(unobserved.Collect());
        if (count >= SeedsThatMeetAll)
        {
            // By far less than what they come to, and enough to see a check that has lost its cause.
            Assert.True(
                tally.Creates >= count && tally.Applies >= count && tally.LostAnswers >= count / 10 && tally.Relists >= count / 4
                && tally.LastWrites == count && tally.Terms >= count / ConvergenceRun.ElectionEvery && tally.SharedWork >= count / 10,
                $"{count} seeds came to no more than {tally}");
        }
    }

    private static async Task RunLaneAsync(ConcurrentQueue<int> seeds, ConcurrentQueue<string> failures, ConvergenceTally tally)
    {
        var time = new FakeTimeProvider();
        await using var server = await EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions
        {
            TimeProvider = time,
            MaximumLogLength = 20,
            BookmarkInterval = TimeSpan.FromSeconds(5),
            RunsDeploymentController = false,
            RunsReplicaSetController = false,
            RunsPodController = false,
            RunsGarbageCollector = false,
            RunsNamespaceController = false,
        });
        using (var handler = server.CreateHandler())
        {
            await WidgetDefinition.InstallAsync(handler, TestContext.Current.CancellationToken);
        }

        while (failures.IsEmpty && seeds.TryDequeue(out var seed))
        {
            server.Requests.Clear();
            using var run = new ConvergenceRun(seed, server, time, tally);
            if (await run.RunAsync() is { } failure)
            {
                failures.Enqueue(failure);
            }
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
