using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.ApiServers;

/// <summary><c>apiserver</c>: runs one workload several times and prints one line of JSON a repetition.</summary>
internal static class ServerCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static RootCommand Create()
    {
        var workload = new Option<ServerWorkload>("--workload") { Description = "What is done.", Required = true };
        var count = new Option<int?>("--n") { Description = "How many objects or watchers; by default 20,000 (create), 1,000 (watch), 100,000 (memory)." };
        var repetitions = new Option<int>("--reps") { Description = "How many measured repetitions.", DefaultValueFactory = _ => 5 };
        var warmUps = new Option<int>("--warmups") { Description = "How many repetitions before that.", DefaultValueFactory = _ => 2 };
        var command = new Command("apiserver", "Runs one workload of the embedded API server.") { workload, count, repetitions, warmUps };
        command.SetAction(result => RunAsync(
            result.GetValue(workload), result.GetValue(count), result.GetValue(warmUps), result.GetValue(repetitions)));
        return new RootCommand("Benchmarks of CrMonitor.") { command };
    }

    private static async Task RunAsync(ServerWorkload workload, int? count, int warmUps, int repetitions)
    {
        var number = count ?? workload switch
        {
            ServerWorkload.Create => 20_000,
            ServerWorkload.Watch => 1_000,
            ServerWorkload.Memory => 100_000,
            _ => 1,
        };
        for (var i = -warmUps; i < repetitions; i++)
        {
            var result = await ServerRun.MeasureAsync(workload, number, i);
            if (i >= 0)
            {
                Console.WriteLine(JsonSerializer.Serialize(result, Json));
            }
        }
    }
}
