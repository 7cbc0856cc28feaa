using System.CommandLine;

namespace CrMonitor.Benchmarks;

/// <summary>The options that say how often a workload is run, and the loop that does it.</summary>
internal sealed class Repetitions
{
    private readonly Option<int> _count;
    private readonly Option<int> _warmUps;

    /// <summary>Adds the options to a verb, with their defaults.</summary>
    public Repetitions(Command command, int warmUps)
    {
        _count = new Option<int>("--reps") { Description = "How many measured repetitions.", DefaultValueFactory = _ => 5 };
        _warmUps = new Option<int>("--warmups") { Description = "How many repetitions before that.", DefaultValueFactory = _ => warmUps };
        command.Options.Add(_count);
        command.Options.Add(_warmUps);
    }

    /// <summary>Runs the workload, and prints one line of JSON a measured repetition. Repetitions that warm up have numbers below 0.</summary>
    public async Task RunAsync<T>(ParseResult command, Func<int, ValueTask<T>> measure)
    {
        var count = command.GetValue(_count);
        for (var i = -command.GetValue(_warmUps); i < count; i++)
        {
            var result = await measure(i);
            if (i >= 0)
            {
                JsonLine.Print(result);
            }
        }
    }
}
