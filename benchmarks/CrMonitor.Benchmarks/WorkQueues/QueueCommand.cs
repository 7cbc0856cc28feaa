using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary><c>queue</c>: runs one workload several times and prints one line a repetition.</summary>
internal static class QueueCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static RootCommand Create()
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
        var repetitions = new Option<int>("--reps") { Description = "How many measured repetitions.", DefaultValueFactory = _ => 5 };
        var warmUps = new Option<int>("--warmups") { Description = "How many repetitions before that.", DefaultValueFactory = _ => 2 };
        var metrics = new Option<bool>("--metrics") { Description = "Name the queue and measure it with OpenTelemetry." };
        var priorities = new Option<int?>("--priorities")
        {
            Description = "How many priorities the keys have in turn; by default 3 with the priority order, else 1.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var queue = new Command("queue", "Runs one workload of the work queue.")
        {
            workload, order, workers, count, repetitions, warmUps, metrics, priorities, json,
        };
        queue.SetAction(result =>
        {
            var settings = new QueueSettings(
                result.GetValue(workload),
                result.GetValue(order),
                result.GetValue(workers),
                result.GetValue(count),
                result.GetValue(metrics),
                result.GetValue(priorities) ?? (result.GetValue(order) == QueueOrder.Priority ? 3 : 1));
            Run(settings, result.GetValue(warmUps), result.GetValue(repetitions), result.GetValue(json));
        });
        return new RootCommand("Benchmarks of CrMonitor.") { queue };
    }

    private static void Run(QueueSettings settings, int warmUps, int repetitions, bool json)
    {
        var keys = settings.CreateKeys();
        for (var i = 0; i < warmUps; i++)
        {
            QueueResult.Measure(settings, keys, repetition: -1);
        }

        for (var i = 0; i < repetitions; i++)
        {
            var result = QueueResult.Measure(settings, keys, i);
            Console.WriteLine(json ? JsonSerializer.Serialize(result, Json) : result.ToString());
        }
    }
}
