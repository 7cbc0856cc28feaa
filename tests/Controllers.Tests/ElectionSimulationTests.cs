using System.Collections.Concurrent;

namespace CrMonitor.Controllers.Tests;

/// <summary>
/// Three candidates whose clocks are set wrong and run at different rates, over networks that lose, delay and break, in processes that pause, crash and
/// start again. At every instant at most one of them leads; the numbers of terms grow; and when the faults are over, one leads.
/// </summary>
public sealed class ElectionSimulationTests
{
    private const int Seeds = 1000;

    [Fact]
    public void There_are_never_two_leaders_at_one_instant()
    {
        var failures = new ConcurrentDictionary<int, string>();
        Parallel.For(1, Seeds + 1, seed =>
        {
            if (new ElectionSimulation(seed, slowest: 0.87, fastest: 1.15).Run() is { } failure)
            {
                failures[seed] = failure;
            }
        });

        Assert.True(failures.IsEmpty, string.Join('\n', failures.OrderBy(pair => pair.Key).Select(pair => $"seed {pair.Key}: {pair.Value}")));
    }

    // Else the test above could not fail.
    [Fact]
    public void Two_leaders_are_noticed_where_clocks_differ_by_more_than_the_times_of_the_election_allow()
    {
        var failures = Enumerable.Range(1, 20).Select(seed => new ElectionSimulation(seed, slowest: 0.3, fastest: 3).Run()).ToList();

        Assert.Contains(failures, failure => failure is not null && failure.Contains("lead at once", StringComparison.Ordinal));
    }
}
