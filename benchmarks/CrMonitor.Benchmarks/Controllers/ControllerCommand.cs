using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.Controllers;

/// <summary><c>controller</c>: runs one workload several times and prints one line of JSON a repetition.</summary>
internal static class ControllerCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static RootCommand Create()
    {
        var workload = new Option<ControllerWorkload>("--workload") { Description = "What is done.", Required = true };
        var server = new Option<string?>("--server")
        {
            Description = "The address of a server that has the Applications, or the path of a kubeconfig (patch); an embedded one by default.",
        };
        var count = new Option<int?>("--n") { Description = "How many Applications; by default 10,000 (patch), 1,000 (latency)." };
        var concurrency = new Option<int>("--concurrency") { Description = "How many are reconciled at a time.", DefaultValueFactory = _ => 16 };
        var rate = new Option<int>("--rate") { Description = "Changes a second (latency).", DefaultValueFactory = _ => 1_000 };
        var seconds = new Option<int>("--seconds") { Description = "How long changes go on (latency).", DefaultValueFactory = _ => 8 };
        var repetitions = new Option<int>("--reps") { Description = "How many measured repetitions.", DefaultValueFactory = _ => 5 };
        var warmUps = new Option<int>("--warmups") { Description = "How many repetitions before that.", DefaultValueFactory = _ => 1 };
        var command = new Command("controller", "Runs one workload of the controller runtime.")
        {
            workload, server, count, concurrency, rate, seconds, repetitions, warmUps,
        };
        command.SetAction(result => RunAsync(
            new ControllerSettings(
                result.GetValue(workload),
                result.GetValue(server),
                result.GetValue(count) ?? (result.GetValue(workload) == ControllerWorkload.Patch ? 10_000 : 1_000),
                result.GetValue(concurrency),
                result.GetValue(rate),
                TimeSpan.FromSeconds(result.GetValue(seconds))),
            result.GetValue(warmUps),
            result.GetValue(repetitions)));
        return new RootCommand("Benchmarks of CrMonitor.") { command };
    }

    private static async Task RunAsync(ControllerSettings settings, int warmUps, int repetitions)
    {
        for (var i = -warmUps; i < repetitions; i++)
        {
            var result = await ControllerRun.MeasureAsync(settings, i);
            if (i >= 0)
            {
                Console.WriteLine(JsonSerializer.Serialize(result, Json));
            }
        }
    }
}
