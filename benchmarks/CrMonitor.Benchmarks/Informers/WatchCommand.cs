using System.CommandLine;
using System.Globalization;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary><c>watch</c>: follows the events that the Go program <c>stub</c> sends after it was told to start. Prints one line of JSON.</summary>
internal static class WatchCommand
{
    private const int FirstVersion = 1_000_000;

    public static RootCommand Create()
    {
        var server = new Option<string>("--server") { Description = "The stub's address.", DefaultValueFactory = _ => ServerAddress.Default };
        var events = new Option<int>("--events") { Description = "How many events the stub sends.", DefaultValueFactory = _ => 200_000 };
        var command = new Command("watch", "Follows a stream of events.") { server, events };
        command.SetAction(result => RunAsync(new Uri(result.GetValue(server)!), result.GetValue(events)));
        return new RootCommand("Benchmarks of CrMonitor.") { command };
    }

    private static async Task RunAsync(Uri server, int events)
    {
        await using var factory = new SharedInformerFactory(ServerAddress.Connect(server.ToString()));
        var meter = new EventMeter((FirstVersion + events).ToString("D10", CultureInfo.InvariantCulture));
        var informer = factory.Informer(Application.Resource);
        await using var registration = informer.AddHandler(meter);
        factory.Start();
        await registration.WaitForSyncAsync();

        using var client = new HttpClient();
        while (!informer.Health.IsConnected)
        {
            await Task.Yield();
        }

        var usage = Usage.Begin();
        using (var answer = await client.GetAsync(new Uri(server, "start")))
        {
            answer.EnsureSuccessStatusCode();
        }

        await meter.Last;
        var used = usage.Read();
        var latencies = meter.Latencies;
        JsonLine.Print(new WatchResult(
            "typed",
            events,
            latencies.Length,
            Math.Round((events - 1) / meter.Elapsed.TotalSeconds),
            Math.Round(used.Cpu.TotalMicroseconds / events, 1),
            Math.Round((double)used.Bytes / events),
            Percentile(latencies, 0.5),
            Percentile(latencies, 0.9),
            Percentile(latencies, 0.99),
            Math.Round(PeakMemory.MiB, 1)));
    }

    private static double Percentile(TimeSpan[] sorted, double share) =>
        Math.Round(sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))].TotalMicroseconds, 1);
}
