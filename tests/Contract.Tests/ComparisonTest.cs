namespace CrMonitor.Contract.Tests;

/// <summary>Cases that ask so much that what is expected is not written down: both servers get the same requests, and must answer alike.</summary>
public abstract class ComparisonTest(Servers servers)
{
    private const int ShownDifferences = 10;

    /// <summary>Runs the same on both servers and compares what they noted.</summary>
    protected async Task CompareAsync(Func<Side, Task> scenario)
    {
        Assert.SkipWhen(RealServer.KubeConfigPath is null, $"{RealServer.Variable} names no kubeconfig of a real API server to compare with.");
        var theirs = await Side.OpenAsync(await servers.GetAsync(ServerKind.Real));
        var ours = await Side.OpenAsync(await servers.GetAsync(ServerKind.Embedded));

        await Task.WhenAll(scenario(theirs), scenario(ours));

        Assert.NotEmpty(theirs.Notes);
        Assert.Equal(theirs.Notes.Count, ours.Notes.Count);
        var differences = theirs.Notes.Zip(ours.Notes)
            .Where(static pair => pair.First != pair.Second)
            .Select(static pair => $"{pair.First.Request}\n  real:     {pair.First.Answer}\n  embedded: {pair.Second.Answer}")
            .ToList();
        Assert.True(
            differences.Count == 0,
            $"{differences.Count} of {theirs.Notes.Count} answers differ:\n{string.Join('\n', differences.Take(ShownDifferences))}");
    }
}
