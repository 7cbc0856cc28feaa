using System.CommandLine;

namespace CrMonitor.Benchmarks.ApiServers;

/// <summary><c>apiserver</c>: runs one workload several times and prints one line of JSON a repetition.</summary>
internal static class ServerCommand
{
    public static Command Create()
    {
        var workload = new Option<ServerWorkload>("--workload") { Description = "What is done.", Required = true };
        var count = new Option<int?>("--n") { Description = "How many objects or watchers; by default 20,000 (create), 1,000 (watch), 100,000 (memory)." };
        var command = new Command("apiserver", "Runs one workload of the embedded API server.") { workload, count };
        var repetitions = new Repetitions(command, warmUps: 2);
        command.SetAction(result =>
        {
            var what = result.GetValue(workload);
            var number = result.GetValue(count) ?? DefaultCount(what);
            return repetitions.RunAsync(result, i => new ValueTask<ServerResult>(ServerRun.MeasureAsync(what, number, i)));
        });
        return command;
    }

    private static int DefaultCount(ServerWorkload workload) => workload switch
    {
        ServerWorkload.Create => 20_000,
        ServerWorkload.Watch => 1_000,
        ServerWorkload.Memory => 100_000,
        _ => 1,
    };
}
