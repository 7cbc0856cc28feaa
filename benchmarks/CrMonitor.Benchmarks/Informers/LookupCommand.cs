using System.CommandLine;

namespace CrMonitor.Benchmarks.Informers;

/// <summary><c>lookup</c>: asks a filled store, and prints one line of JSON an operation and repetition.</summary>
internal static class LookupCommand
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.7);

    public static Command Create()
    {
        var operation = new Option<LookupOperation?>("--op") { Description = "What is asked; by default each in turn." };
        var count = new Option<int>("--n") { Description = "How many objects.", DefaultValueFactory = _ => 100_000 };
        var readers = new Option<int>("--readers") { Description = "How many threads ask.", DefaultValueFactory = _ => 1 };
        var writer = new Option<LookupWriter>("--writer")
        {
            Description = "What goes on meanwhile: none, paced (1,000 updates a second) or full (updates without a pause).",
            DefaultValueFactory = _ => LookupWriter.None,
        };
        var seconds = new Option<double>("--seconds") { Description = "How long each operation is repeated.", DefaultValueFactory = _ => 1 };
        var repetitions = new Option<int>("--reps") { Description = "How many measured repetitions.", DefaultValueFactory = _ => 1 };
        var command = new Command("lookup", "Reads from a store of typed objects.") { operation, count, readers, writer, seconds, repetitions };
        command.SetAction(result => Run(
            result.GetValue(operation) is { } one ? [one] : Enum.GetValues<LookupOperation>(),
            result.GetValue(count),
            result.GetValue(readers),
            result.GetValue(writer),
            TimeSpan.FromSeconds(result.GetValue(seconds)),
            result.GetValue(repetitions)));
        return command;
    }

    private static void Run(LookupOperation[] operations, int count, int readers, LookupWriter writer, TimeSpan duration, int repetitions)
    {
        // The first store warms the code up, the second one is measured.
        LookupRun.Fill(count);
        var (store, filled) = LookupRun.Fill(count);
        JsonLine.Print(filled);
        foreach (var operation in operations)
        {
            LookupRun.Measure(store, count, operation, readers, writer, WarmUp, -1);
        }

        for (var i = 0; i < repetitions; i++)
        {
            foreach (var operation in operations)
            {
                JsonLine.Print(LookupRun.Measure(store, count, operation, readers, writer, duration, i));
            }
        }
    }
}
