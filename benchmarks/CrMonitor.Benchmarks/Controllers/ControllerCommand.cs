using System.CommandLine;

namespace CrMonitor.Benchmarks.Controllers;

/// <summary><c>controller</c>: runs one workload several times and prints one line of JSON a repetition.</summary>
internal static class ControllerCommand
{
    public static Command Create()
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
        var command = new Command("controller", "Runs one workload of the controller runtime.") { workload, server, count, concurrency, rate, seconds };
        var repetitions = new Repetitions(command, warmUps: 1);
        command.SetAction(result =>
        {
            var settings = new ControllerSettings(
                result.GetValue(workload),
                result.GetValue(server),
                result.GetValue(count) ?? (result.GetValue(workload) == ControllerWorkload.Patch ? 10_000 : 1_000),
                result.GetValue(concurrency),
                result.GetValue(rate),
                TimeSpan.FromSeconds(result.GetValue(seconds)));
            return repetitions.RunAsync(result, i => new ValueTask<ControllerResult>(ControllerRun.MeasureAsync(settings, i)));
        });
        return command;
    }
}
