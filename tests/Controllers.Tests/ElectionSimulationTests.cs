namespace CrMonitor.Controllers.Tests;

/// <summary>
/// Three candidates whose clocks are set wrong and run at different rates, over networks that lose, delay and break, in processes that pause, crash
/// and
/// start again. At every instant at most one of them leads; the numbers of terms grow; and when the faults are over, one leads.
/// </summary>
public sealed class ElectionSimulationTests
{
    private const int Seeds = 1000;

    [Fact]
    public void There_are_never_two_leaders_at_one_instant()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var failure = new ElectionSimulation(seed, slowest: 0.87, fastest: 1.15).Run();
            Assert.True(failure is null, $"seed {seed}: {failure}");
        }
    }

    // Else the test above could not fail.
    [Fact]
    public void Two_leaders_are_noticed_where_clocks_differ_by_more_than_the_times_of_the_election_allow()
    {
        var failures = Enumerable.Range(1, Seeds).Select(seed => new ElectionSimulation(seed, slowest: 0.3, fastest: 3).Run());

        Assert.Contains("lead at once", failures.First(failure => failure is not null), StringComparison.Ordinal);
    }
}
