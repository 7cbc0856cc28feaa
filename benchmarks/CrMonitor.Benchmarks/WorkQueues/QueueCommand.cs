using System.CommandLine;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary><c>queue</c>: runs one workload several times and prints one line of JSON a repetition.</summary>
internal static class QueueCommand
{
    public static Command Create()
    {
        var workload = new Option<Workload>("--workload") { Description = "What is done.", Required = true };
        var order = new Option<QueueOrder>("--order")
        {
            Description = "The queue's order, or a channel.",
            DefaultValueFactory = _ => QueueOrder.Fifo,
        };
        var workers = new Option<int>("--workers") { Description = "How many workers take keys (pump, hot).", DefaultValueFactory = _ => 4 };
        var count = new Option<int>("--n")
        {
            Description = "How many keys; with hot, additions of each producer.",
            DefaultValueFactory = _ => 1_000_000,
        };
        var metrics = new Option<bool>("--metrics") { Description = "Name the queue and measure it with OpenTelemetry." };
        var priorities = new Option<int?>("--priorities")
        {
            Description = "How many priorities the keys have in turn; by default 3 with the priority order, else 1.",
        };
        var command = new Command("queue", "Runs one workload of the work queue.") { workload, order, workers, count, metrics, priorities };
        var repetitions = new Repetitions(command, warmUps: 2);
        command.SetAction(result =>
        {
            var settings = new QueueSettings(
                result.GetValue(workload),
                result.GetValue(order),
                result.GetValue(workers),
                result.GetValue(count),
                result.GetValue(metrics),
                result.GetValue(priorities) ?? (result.GetValue(order) == QueueOrder.Priority ? 3 : 1));
            var keys = settings.CreateKeys();
            return repetitions.RunAsync(result, i => new ValueTask<QueueResult>(QueueResult.Measure(settings, keys, i)));
        });
        return command;
    }
}
